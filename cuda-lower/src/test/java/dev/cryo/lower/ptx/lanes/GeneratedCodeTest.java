package dev.cryo.lower.ptx.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Lowering;
import dev.cryo.lower.ptx.parse.Parser;
import dev.cryo.lower.ptx.parse.Syntax;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every loop of real kernels, in every form. */
class GeneratedCodeTest {
    /** HotSpot does not compile larger methods (HugeMethodLimit). */
    private static final int LARGEST = 8000;

    @ParameterizedTest
    @ValueSource(strings = {"basics.ptx", "sync.ptx", "coverage.ptx"})
    void generatedMethodsVerifyAndStaySmall(String resource) throws Exception {
        String text;
        try (InputStream in = getClass().getResourceAsStream("/ptx/" + resource)) {
            text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
        Syntax.Module module = Parser.parse(text);
        int loops = 0;
        for (Syntax.Function function : module.functions()) {
            Syntax.Body body = function.body();
            if (function.entry() && body != null) {
                KernelIr kernel = Lowering.lower(function, body, module.variables());
                for (Step step : Program.of(kernel).steps()) {
                    if (step instanceof ComputeStep compute) {
                        for (ChunkCompiler.Form form : ChunkCompiler.Form.values()) {
                            check(compute.generate(form), kernel.name() + " line " + step.line());
                            loops++;
                        }
                    }
                }
            }
        }
        assertThat(loops).isGreaterThan(20);
    }

    private static void check(byte[] bytes, String place) {
        assertThat(ClassFile.of().verify(bytes)).as(place).isEmpty();
        ClassModel model = ClassFile.of().parse(bytes);
        for (MethodModel method : model.methods()) {
            assertThat(method.findAttribute(Attributes.code()).orElseThrow().codeLength()).as(place)
                    .isLessThan(LARGEST);
        }
    }
}
