package dev.cryo.lower.nvidia;

import dev.cryo.lower.ptx.EntryHeader;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.ModuleLayout;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Outline;
import dev.cryo.lower.ptx.parse.Parser;
import dev.cryo.lower.ptx.parse.Syntax;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The text of a PTX module whose variables shall lie at addresses that the driver does not choose.
 *
 * <p>Variables in {@code .global} memory, managed ones too, are taken out of the text, and what refers to them gets
 * addresses; all else stays as it was, line by line. Variables in {@code .const} memory stay variables of the driver,
 * for the sake of its constant caches: see {@link #constants()}. Offsets and sizes are those of the PTX device.
 *
 * <p>Kernels are not looked into any further, so that the driver gets all that it can execute. Text that cannot be read
 * at all is left as it is if it has no variables, and refused otherwise. Immutable.
 */
public final class ModuleText {
    private final String text;
    private final @Nullable Outline outline;
    private final @Nullable ModuleLayout layout;

    private ModuleText(String text, @Nullable Outline outline, @Nullable ModuleLayout layout) {
        this.text = text;
        this.outline = outline;
        this.layout = layout;
    }

    /**
     * Reads PTX text, which may end with a NUL byte.
     *
     * @throws PtxException if it has variables that cannot be placed, with their line
     */
    public static ModuleText parse(byte[] ptx) throws PtxException {
        int end = 0;
        while (end < ptx.length && ptx[end] != 0) {
            end++;
        }
        // Every byte is a character, so that comments and file names in any encoding come back as they were.
        String text = new String(ptx, 0, end, StandardCharsets.ISO_8859_1);
        Outline outline;
        try {
            outline = Parser.outline(text);
        } catch (PtxException e) {
            OptionalInt variable = VariableScan.firstVariable(text);
            if (variable.isPresent()) {
                if (e.reason() == PtxException.Reason.UNSUPPORTED) {
                    throw e;
                }
                throw PtxException.unsupported(variable.getAsInt(),
                        "a variable cannot be placed in a text that is not understood: " + e.getMessage());
            }
            return new ModuleText(text, null, null);
        }
        ModuleLayout layout = ModuleLayout.of(outline);
        refuseAddressesOfConstants(outline, layout);
        ModuleText module = new ModuleText(text, outline, layout);
        // Refuses now what cannot be rewritten, rather than when the memory has been allocated.
        module.relocated(1L << 40, 1L << 41);
        return module;
    }

    /** The driver chooses where constants lie, so nothing that outlives it may know. */
    private static void refuseAddressesOfConstants(Outline outline, ModuleLayout layout) throws PtxException {
        Set<String> constants = layout.globals().stream().filter(GlobalInfo::constant).map(GlobalInfo::name)
                .collect(Collectors.toSet());
        for (Syntax.Variable variable : outline.module().variables()) {
            for (Syntax.Operand value : variable.values()) {
                String name = switch (value) {
                    case Syntax.Name symbol -> symbol.text();
                    case Syntax.Generic generic -> generic.symbol().text();
                    case Syntax.Masked masked -> masked.symbol().text();
                    case Syntax.Int _, Syntax.Real _, Syntax.Memory _, Syntax.Group _, Syntax.Pair _ -> "";
                };
                if (constants.contains(name)) {
                    throw PtxException.unsupported(variable.line(), "address of constant variable " + name
                            + " as initial value of " + variable.name());
                }
            }
        }
    }

    /** Whether the text could be read; otherwise nothing is known of its kernels, and it has no variables. */
    public boolean isUnderstood() {
        return layout != null;
    }

    /** The kernels in the order of the text, but those with parameters of unknown types. */
    public List<EntryHeader> entries() {
        return layout == null ? List.of() : layout.entries();
    }

    /** The kernel of this name; empty if there is none or if it is not understood: then only the driver knows. */
    public Optional<EntryHeader> entry(String name) {
        return entries().stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    /** The variables in global and constant memory in the order of the text. */
    public List<GlobalInfo> globals() {
        return layout == null ? List.of() : layout.globals();
    }

    /**
     * The variables in constant memory. They have their places among the others, but kernels read those that the driver
     * has placed; what is written to the ones must be written to the others.
     */
    public List<GlobalInfo> constants() {
        return globals().stream().filter(GlobalInfo::constant).toList();
    }

    /** Bytes that the variables need together, constants too; 0 when there are none. */
    public long globalsBytes() {
        return layout == null ? 0 : layout.globalsBytes();
    }

    /** Bytes that the managed variables need together, which lie apart from the others; 0 when there are none. */
    public long managedBytes() {
        return layout == null ? 0 : layout.managedBytes();
    }

    /** The first contents of the variables, constants too, of {@link #globalsBytes()} bytes. */
    public byte[] initialGlobals(long globalsAt, long managedAt) {
        return layout == null ? new byte[0] : layout.initialGlobals(globalsAt, managedAt);
    }

    /** The first contents of the managed variables, of {@link #managedBytes()} bytes. */
    public byte[] initialManaged(long globalsAt, long managedAt) {
        return layout == null ? new byte[0] : layout.initialManaged(globalsAt, managedAt);
    }

    /**
     * The text for the driver, ending with a NUL byte.
     *
     * @param globalsAt where the variables lie, a multiple of their alignment
     * @param managedAt where the managed variables lie; anything if there are none
     * @throws PtxException never for a module that was read
     */
    public byte[] relocated(long globalsAt, long managedAt) throws PtxException {
        String result = outline == null || layout == null ? text
                : Relocation.relocate(text, outline, layout, globalsAt, managedAt);
        byte[] bytes = result.getBytes(StandardCharsets.ISO_8859_1);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }
}
