package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not PTX or not supported is refused while loading, with its line. */
class RefusalTest {
    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n"
            + ".visible .entry k(.param .u64 A)\n{\n.reg .u32 r<4>;\n.reg .f32 f<4>;\n.reg .pred p;\n.reg .u64 a;\n";

    private static PtxException refused(String ptx) {
        PtxException e = catchThrowableOfType(PtxException.class, () -> PtxModule.parse(ptx));
        assertThat(e).as(ptx).isNotNull();
        return e;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tex.2d.v4.f32.f32 {f0, f1, f2, f3}, [a, {f0, f1}]; | opcode tex.2d.v4.f32.f32
            call.uni (r0), f, (r1); | opcode call.uni
            wmma.load.a.sync.row.m16n16k16.global.f16 {r0}, [a], r0; | opcode wmma.load.a.sync.row.m16n16k16.global.f16
            cp.async.ca.shared.global [r0], [a], 4; | opcode cp.async.ca.shared.global
            add.bf16 r0, r0, r0; | opcode add.bf16
            add.u32.wat r0, r0, r0; | opcode add.u32.wat
            brx.idx r0, LIST; | opcode brx.idx
            set.gt.f16x2.f16x2 r0, r0, r0; | opcode set.gt.f16x2.f16x2
            """)
    void unsupportedOpcodesAreNamed(String instruction, String message) {
        PtxException e = refused(HEADER + instruction + "\nret;\n}\n");
        assertThat(e.reason()).isEqualTo(PtxException.Reason.UNSUPPORTED);
        assertThat(e).hasMessage("line 10: " + message);
        assertThat(e.line()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            frobnicate.u32 r0, r1; | unknown opcode frobnicate.u32
            add.u32 r0, r1 | expected ';' but found 'ret'
            add.u32 r0, r1, rx; | unknown symbol rx
            add.u32 r0, r1, %q; | unknown register %q
            add.u32 r9, r1, r2; | unknown register r9
            add.u32 r0, r1; | opcode add.u32 with 2 operands
            add.u64 a, r0, a; | register r0 is too narrow for the instruction
            bra NOWHERE; | unknown label NOWHERE
            @r0 add.u32 r0, r0, r0; | unknown predicate r0
            ld.global.u32 r0, [r1]; | register r1 is too narrow for an address
            setp.lt.u32 r0, r1, r2; | register r0 does not fit the result
            mov.u32 r0, 0x12zz; | malformed number '0x12zz'
            mov.u32 r0, `; | unexpected character '`'
            """)
    void invalidTextIsTold(String instruction, String message) {
        PtxException e = refused(HEADER + instruction + "\nret;\n}\n");
        assertThat(e.reason()).isEqualTo(PtxException.Reason.INVALID);
        assertThat(e.getMessage()).matches("line 1[01]: \\Q" + message + "\\E");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            .global .texref t;          | UNSUPPORTED | variables of type .texref
            .global .u8 p = 0xff(f);    | UNSUPPORTED | address of f as initial value of p
            .global .u8 p = 0xfe(x);    | INVALID     | mask 0xfe of an address as initial value of p
            .global .u8 p = 0xff0(x);   | INVALID     | mask 0xff0 of an address as initial value of p
            .global .u16 p = 0xff(x);   | INVALID     | mask 0xff of an address as initial value of p
            .global .u8 p = 0xff(generic(x) | INVALID | expected ')' but found '.visible'
            .global .u8 p = 1.5(x);     | INVALID     | expected a mask but found '1.5'
            """)
    void variablesThatCannotBePlacedAreNamed(String variable, PtxException.Reason reason, String message) {
        PtxException e = refused(".version 8.0\n.target sm_75\n.address_size 64\n.global .u32 x;\n" + variable
                + " .visible .entry k()\n{\nret;\n}\n");
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e).hasMessage("line 5: " + message);
    }

    @Test
    void headersAreNeeded() {
        assertThat(refused("")).hasMessage("line 1: expected '.version' but found the end of the text");
        assertThat(refused(".version 8.0\n.target sm_75\n.address_size 32\n")).hasMessage("line 3: address size 32");
        assertThat(refused(".version 8.0\n.target sm_75\nhello")).hasMessage(
                "line 3: expected a directive but found 'hello'");
        assertThat(refused(HEADER)).hasMessage("line 10: expected an instruction but found the end of the text");
    }

    @Test
    void textMayEndWithNul() throws Exception {
        byte[] text = (HEADER + "ret;\n}\n\0garbage").getBytes(StandardCharsets.UTF_8);
        PtxModule module = PtxModule.parse(text);
        assertThat(module.version()).isEqualTo("8.0");
        assertThat(module.target()).isEqualTo("sm_75");
        assertThat(module.entries()).extracting(EntryInfo::name).containsExactly("k");
    }

    @Test
    void entriesAndVariablesAreDescribed() throws Exception {
        PtxModule module = PtxModule.parse(".version 8.0\n.target sm_75\n.address_size 64\n"
                + ".global .align 4 .u32 x = 7;\n.const .align 16 .b8 t[20];\n.global .u64 q[2] = {generic(t)+4, x};\n"
                + ".visible .entry k(.param .u32 a, .param .align 8 .b8 s[12], .param .f64 d)\n"
                + ".maxntid 64, 2, 1\n{\n.shared .align 4 .b8 u[100];\n.local .b8 v[7];\nret;\n}\n");
        EntryInfo k = module.entries().getFirst();
        assertThat(k.parameters()).containsExactly(new EntryInfo.Parameter("a", 0, 4, 4),
                new EntryInfo.Parameter("s", 8, 12, 8), new EntryInfo.Parameter("d", 24, 8, 8));
        assertThat(k.parameterBytes()).isEqualTo(32);
        assertThat(k.sharedBytes()).isEqualTo(100);
        assertThat(k.localBytes()).isEqualTo(7);
        assertThat(k.maxThreads()).isEqualTo(new Dim3(64, 2, 1));
        assertThat(k.requiredThreads()).isNull();
        assertThat(module.globals()).containsExactly(new GlobalInfo("x", false, false, 0, 4, 4),
                new GlobalInfo("t", true, false, 16, 20, 16), new GlobalInfo("q", false, false, 40, 16, 8));
        assertThat(module.globalsBytes()).isEqualTo(56);
        try (Device device = new Device()) {
            var memory = device.allocate(module.globalsBytes());
            LoadedModule loaded = module.load(device.map(), memory.address());
            assertThat(memory.get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 40)).isEqualTo(memory.address() + 20);
            assertThat(loaded.globalAddress("q")).isEqualTo(memory.address() + 40);
            assertThat(loaded.globalAddress("none")).isNull();
            assertThat(loaded.kernel("none")).isNull();
        }
    }

    /** Any damage to valid text gives a PtxException or a module with kernels, never another exception. */
    @Test
    void damagedTextNeverCrashesTheParser() {
        long seed = 4711;
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>(List.of(Device.resource("basics.ptx"), Device.resource("sync.ptx")));
        int refused = 0;
        for (int round = 0; round < 600; round++) {
            StringBuilder text = new StringBuilder(texts.get(round % texts.size()));
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                damage(text, random);
            }
            try {
                assertThat(PtxModule.parse(text.toString()).entries()).doesNotContainNull();
            } catch (PtxException e) {
                refused++;
                assertThat(e.line()).isPositive();
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    private static void damage(StringBuilder text, Random random) {
        int at = random.nextInt(text.length());
        int length = Math.min(1 + random.nextInt(12), text.length() - at);
        switch (random.nextInt(5)) {
            case 0 -> text.delete(at, at + length);
            case 1 -> text.setCharAt(at, (char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(0x10000)));
            case 2 -> text.insert(at, text.substring(at, at + length));
            case 3 -> {
                int other = random.nextInt(text.length());
                int end = Math.min(other + length, text.length());
                text.replace(at, Math.min(at + end - other, text.length()), text.substring(other, end));
            }
            default -> text.insert(at, List.of("{", "}", "(", "[", ";", ".reg", "-", "0x", "@", "99999999999999999999")
                    .get(random.nextInt(10)));
        }
    }
}
