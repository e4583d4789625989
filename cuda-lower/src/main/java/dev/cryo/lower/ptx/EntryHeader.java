package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.ir.Layout;
import dev.cryo.lower.ptx.ir.PtxType;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the body of a kernel, and so is known whether or not the body can be executed.
 *
 * @param parameters in order; their values stand in the parameter block at their offsets
 * @param parameterBytes size of the parameter block
 * @param maxThreads the extents of {@code .maxntid}, or null
 * @param requiredThreads the extents of {@code .reqntid}, or null
 */
public record EntryHeader(String name, List<EntryInfo.Parameter> parameters, int parameterBytes,
        @Nullable Dim3 maxThreads, @Nullable Dim3 requiredThreads) {

    /** Whether the types of all parameters are known. */
    static boolean describes(Syntax.Function function) {
        return function.parameters().stream().map(parameter -> PtxType.named(parameter.type()))
                .allMatch(type -> type != null && type != PtxType.PRED);
    }

    static EntryHeader of(Syntax.Function function) throws PtxException {
        Layout layout = new Layout();
        List<EntryInfo.Parameter> parameters = new ArrayList<>();
        for (Syntax.Variable parameter : function.parameters()) {
            int bytes = Layout.bytes(parameter);
            int align = Layout.align(parameter);
            int offset = layout.place(bytes, align, parameter.line());
            parameters.add(new EntryInfo.Parameter(parameter.name(), offset, bytes, align));
        }
        return new EntryHeader(function.name(), List.copyOf(parameters), layout.size(),
                extents(function, ".maxntid"), extents(function, ".reqntid"));
    }

    private static @Nullable Dim3 extents(Syntax.Function function, String directive) throws PtxException {
        List<Long> numbers = function.directives().get(directive);
        if (numbers == null) {
            return null;
        }
        int[] extents = {1, 1, 1};
        for (int i = 0; i < numbers.size(); i++) {
            long number = numbers.get(i);
            if (i > 2 || number < 1 || number > 1024) {
                throw PtxException.invalid(function.line(), "directive " + directive + " of " + function.name());
            }
            extents[i] = (int) number;
        }
        return new Dim3(extents[0], extents[1], extents[2]);
    }
}
