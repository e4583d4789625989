package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.EntryHeader;
import dev.cryo.lower.ptx.EntryInfo;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PtxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of each form of PTX. */
class ModuleTextTest {
    private static final long GLOBALS = 0x180000000000L;
    private static final long MANAGED = 0x190000000000L;
    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n";
    /** Variables at 0, 8 and 72, a constant at 80, a managed one. */
    private static final String VARIABLES = HEADER + ".global .u32 x = 7;\n.visible .global .align 8 .b8 a[64];\n"
            + ".weak .global .u32 y, z;\n.const .align 8 .u64 c[2] = {1, 2};\n"
            + ".global .attribute(.managed) .align 4 .u32 m = 5;\n";
    private static final String DROPPED = HEADER + "\n\n\n.const .align 8 .u64 c[2] = {1, 2};\n\n";
    private static final String ENTRY = ".visible .entry k(.param .u64 A)\n{";

    private static ModuleText parse(String ptx) throws PtxException {
        return ModuleText.parse(ptx.getBytes(StandardCharsets.UTF_8));
    }

    private static String relocated(String ptx) throws PtxException {
        byte[] result = parse(ptx).relocated(GLOBALS, MANAGED);
        assertThat(result[result.length - 1]).isZero();
        return new String(result, 0, result.length - 1, StandardCharsets.UTF_8);
    }

    private static PtxException refused(String ptx) {
        PtxException e = catchThrowableOfType(PtxException.class, () -> parse(ptx));
        assertThat(e).as(ptx).isNotNull();
        return e;
    }

    @Nested
    class Instructions {
        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                ld.global.u32 %r1, [x];           | mov.u64 %cryo0, 0x180000000000; ld.global.u32 %r1, [%cryo0];
                ld.global.u32 %r1, [a+4];         | mov.u64 %cryo0, 0x180000000008; ld.global.u32 %r1, [%cryo0+4];
                ld.global.u32 %r1, [a+-4];        | mov.u64 %cryo0, 0x180000000008; ld.global.u32 %r1, [%cryo0+-4];
                ld.global.u32 %r1, [a+4*2];       | mov.u64 %cryo0, 0x180000000008; ld.global.u32 %r1, [%cryo0+4*2];
                ld.global.u32 %r1, [a+(8)];       | mov.u64 %cryo0, 0x180000000008; ld.global.u32 %r1, [%cryo0+(8)];
                ld.global.u32 %r1, [a+0x80000000];| mov.u64 %cryo0, 0x180080000008; ld.global.u32 %r1, [%cryo0];
                ld.u32 %r1, [x];                  | mov.u64 %cryo0, 0x180000000000; ld.u32 %r1, [%cryo0];
                ld.global.u32 %r1, [m];           | mov.u64 %cryo0, 0x190000000000; ld.global.u32 %r1, [%cryo0];
                ld.global.u32 %r1, [z];           | mov.u64 %cryo0, 0x18000000004c; ld.global.u32 %r1, [%cryo0];
                ld.global.v4.f32 {f0, f1, f2, f3}, [a+16]; | mov.u64 %cryo0, 0x180000000008; ld.global.v4.f32 {f0, f1, \
                f2, f3}, [%cryo0+16];
                st.volatile.global.v2.u32 [a], {%r1, %r2}; | mov.u64 %cryo0, 0x180000000008; st.volatile.global.v2.u32 \
                [%cryo0], {%r1, %r2};
                atom.global.cas.b32 %r1, [x], %r2, %r3; | mov.u64 %cryo0, 0x180000000000; atom.global.cas.b32 %r1, \
                [%cryo0], %r2, %r3;
                red.global.add.u32 [x], 1;        | mov.u64 %cryo0, 0x180000000000; red.global.add.u32 [%cryo0], 1;
                prefetch.global.L2 [a+8];         | mov.u64 %cryo0, 0x180000000008; prefetch.global.L2 [%cryo0+8];
                cp.async.ca.shared.global [%r1], [a], 16; | mov.u64 %cryo0, 0x180000000008; cp.async.ca.shared.global \
                [%r1], [%cryo0], 16;
                mov.u64 %rd1, a;                  | mov.u64 %cryo0, 0x180000000008; mov.u64 %rd1, %cryo0;
                mov.u64 %rd1, a+8;                | mov.u64 %cryo0, 0x180000000010; mov.u64 %rd1, %cryo0;
                mov.u64 %rd1, a+8+-4;             | mov.u64 %cryo0, 0x18000000000c; mov.u64 %rd1, %cryo0;
                mov.b64 {%r1, %r2}, x;            | mov.u64 %cryo0, 0x180000000000; mov.b64 {%r1, %r2}, %cryo0;
                cvta.global.u64 %rd1, a;          | mov.u64 %cryo0, 0x180000000008; cvta.global.u64 %rd1, %cryo0;
                add.s64 %rd1, %rd2, a+4;          | mov.u64 %cryo0, 0x18000000000c; add.s64 %rd1, %rd2, %cryo0;
                @%p1 st.global.u32 [x], %r1;      | mov.u64 %cryo0, 0x180000000000; @%p1 st.global.u32 [%cryo0], %r1;
                @!%p1 st.global.u32 [x], %r1;     | mov.u64 %cryo0, 0x180000000000; @!%p1 st.global.u32 [%cryo0], %r1;
                L: ld.global.u32 %r1, [x];        | L: mov.u64 %cryo0, 0x180000000000; ld.global.u32 %r1, [%cryo0];
                """)
        void getAddressesInRegistersOfTheirOwn(String instruction, String expected) throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + "\n\t" + instruction + " // [x]\n\tret;\n}\n"))
                    .isEqualTo(DROPPED + ENTRY + " .reg .b64 %cryo<1>;\n\t" + expected + " // [x]\n\tret;\n}\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"ld.const.u64 %rd1, [c+8];", "mov.u64 %rd1, c;", "cvta.const.u64 %rd1, c;",
                "mov.u32 %r1, %tid.x;", "bra x;", "@%p1 bra.uni x;", "ld.param.u64 %rd1, [A];",
                ".pragma \"nounroll x\";", ".loc 1 2 3, function_name x, inlined_at 1 4 5\n",
                "call.uni (r), f, (q);", "wgmma.fence.sync.aligned;", "tex.2d.v4.f32.f32 {f0,f1,f2,f3}, [t, {f4,f5}];",
                "L: .branchtargets L, M;", "prototype: .callprototype ()_ (.param .b32 _);"})
        void thatHaveNoVariablesStayAsTheyAre(String instruction) throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + "\n" + instruction + "\n}\n"))
                    .isEqualTo(DROPPED + ENTRY + "\n" + instruction + "\n}\n");
        }

        @Test
        void shareRegistersForEqualAddresses() throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + "ld.global.u32 %r1, [x];\nld.global.u32 %r2, [y];\n"
                    + "st.global.u32 [x], %r2;\nmov.u64 %rd1, a;\nmov.u64 %rd2, x+8;}\n"))
                    .isEqualTo(DROPPED + ENTRY + " .reg .b64 %cryo<3>;mov.u64 %cryo0, 0x180000000000; "
                            + "ld.global.u32 %r1, [%cryo0];\nmov.u64 %cryo1, 0x180000000048; "
                            + "ld.global.u32 %r2, [%cryo1];\n"
                            + "mov.u64 %cryo0, 0x180000000000; st.global.u32 [%cryo0], %r2;\n"
                            + "mov.u64 %cryo2, 0x180000000008; mov.u64 %rd1, %cryo2;\n"
                            + "mov.u64 %cryo2, 0x180000000008; mov.u64 %rd2, %cryo2;}\n");
        }

        @Test
        void mayHaveTwoVariables() throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + "cp.async.bulk.global.shared::cta [a], [x], 16, [%r1];}\n"))
                    .isEqualTo(DROPPED + ENTRY + " .reg .b64 %cryo<2>;mov.u64 %cryo0, 0x180000000008; "
                            + "mov.u64 %cryo1, 0x180000000000; "
                            + "cp.async.bulk.global.shared::cta [%cryo0], [%cryo1], 16, [%r1];}\n");
        }

        @Test
        void doNotGetRegistersThatAreThere() throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + ".reg .b64 %cryo, %cryo_0; mov.u64 %cryo, x;}\n"))
                    .isEqualTo(DROPPED + ENTRY + " .reg .b64 %cryo__<1>;.reg .b64 %cryo, %cryo_0; "
                            + "mov.u64 %cryo__0, 0x180000000000; mov.u64 %cryo, %cryo__0;}\n");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                mov.u64 %rd1, a[4];   | what follows variable a in an operand
                mov.u64 %rd1, a+4*2;  | what follows variable a in an operand
                ld.global.u32 %r1, a[4]; | what follows variable a in an operand
                .global .u32 inner;   | variables in .global in a function
                .const .u32 inner;    | variables in .const in a function
                """)
        void thatCannotBeRewrittenAreNamed(String instruction, String message) {
            PtxException e = refused(VARIABLES + ENTRY + "\n" + instruction + "\nret;\n}\n");
            assertThat(e.reason()).isEqualTo(PtxException.Reason.UNSUPPORTED);
            assertThat(e).hasMessage("line 11: " + message);
        }

        @Test
        void inDeviceFunctionsAreRewrittenToo() throws Exception {
            assertThat(relocated(VARIABLES + ".func (.param .b32 r) f(.param .b64 p)\n{\nld.global.u32 %r1, [x];\n}\n"
                    + ".extern .func (.param .b32 r) vprintf(.param .b64 x, .param .b64 y);\n"))
                    .isEqualTo(DROPPED + ".func (.param .b32 r) f(.param .b64 p)\n{ .reg .b64 %cryo<1>;\n"
                            + "mov.u64 %cryo0, 0x180000000000; ld.global.u32 %r1, [%cryo0];\n}\n"
                            + ".extern .func (.param .b32 r) vprintf(.param .b64 x, .param .b64 y);\n");
        }
    }

    @Nested
    class Names {
        @ParameterizedTest
        @ValueSource(strings = {".reg .b32 x; mov.u32 x, 4;", ".reg .b32 q, x; mov.u32 x, 4;",
                ".shared .align 8 .b8 x[8]; st.shared.u32 [x], %r1;", ".local .b32 x; st.local.u32 [x], %r1;",
                "{ .param .b64 x; st.param.b64 [x+0], %rd1; call f, (x); }", "x: bra x;", "x: mov.u64 %rd1, x;",
                "{ .reg .b32 x; { mov.u32 x, 4; } mov.u32 x, 5; }"})
        void ofTheFunctionHideVariables(String body) throws Exception {
            assertThat(relocated(VARIABLES + ENTRY + body + "}\n")).isEqualTo(DROPPED + ENTRY + body + "}\n");
        }

        @Test
        void hideFromTheirDeclarationToTheEndOfTheScope() throws Exception {
            String use = "mov.u64 %rd1, x; ";
            String moved = "mov.u64 %cryo0, 0x180000000000; mov.u64 %rd1, %cryo0; ";
            assertThat(relocated(VARIABLES + ENTRY + use + "{ " + use + ".reg .b64 x; " + use + "{" + use + "}" + use
                    + "} " + use + "x: " + use + "}\n"))
                    .isEqualTo(DROPPED + ENTRY + " .reg .b64 %cryo<1>;" + moved + "{ " + moved + ".reg .b64 x; " + use
                            + "{" + use + "}" + use + "} " + moved + "x: " + use + "}\n");
        }

        @Test
        void ofParametersAndResultsHideVariables() throws Exception {
            String functions = ".visible .entry k(.param .u64 x)\n{ld.param.u64 %rd1, [x];}\n"
                    + ".func (.reg .b32 x) f(.param .b64 a)\n{ld.param.u64 %rd1, [a]; mov.u32 x, 0; }\n";
            assertThat(relocated(VARIABLES + functions)).isEqualTo(DROPPED + functions);
        }

        @Test
        void ofNumberedRegistersHideVariables() throws Exception {
            String variables = HEADER + ".global .u32 r, r0, r2, r02, r10, rx;\n" + ENTRY + ".reg .b64 r<10>; ";
            String body = "mov.u64 r1, %s; mov.u64 r1, r0; mov.u64 r1, r2; mov.u64 r1, %s; mov.u64 r1, %s; "
                    + "mov.u64 r1, %s;}\n";
            assertThat(relocated(variables + String.format(body, "r", "r02", "r10", "rx"))
                    .replaceAll("mov.u64 (%cryo[0-9]), 0x1800000000([0-9a-f]+); ", ""))
                    .isEqualTo(HEADER + "\n" + ENTRY + " .reg .b64 %cryo<4>;.reg .b64 r<10>; "
                            + String.format(body, "%cryo0", "%cryo1", "%cryo2", "%cryo3"));
        }
    }

    @Nested
    class Variables {
        @Test
        void haveTheLayoutOfThePtxDevice() throws Exception {
            ModuleText text = parse(VARIABLES);
            assertThat(text.isUnderstood()).isTrue();
            assertThat(text.globals()).containsExactly(new GlobalInfo("x", false, false, 0, 4, 4),
                    new GlobalInfo("a", false, false, 8, 64, 8), new GlobalInfo("y", false, false, 72, 4, 4),
                    new GlobalInfo("z", false, false, 76, 4, 4), new GlobalInfo("c", true, false, 80, 16, 8),
                    new GlobalInfo("m", false, true, 0, 4, 4));
            assertThat(text.constants()).containsExactly(new GlobalInfo("c", true, false, 80, 16, 8));
            assertThat(text.globalsBytes()).isEqualTo(96);
            assertThat(text.managedBytes()).isEqualTo(4);
        }

        @Test
        void beginWithValuesAndAddresses() throws Exception {
            ModuleText text = parse(HEADER + ".global .u32 x = 7;\n.const .u32 c = 9;\n"
                    + ".global .u64 p[4] = {x, generic(x)+8, generic(m)-1, 5};\n"
                    + ".global .u8 o[10] = {3, 0xFF(generic(x)+4), 0xFF00(x), 0xFF0000(x), 0xFF000000(x),"
                    + " 0xFF00000000(x), 0xFF0000000000(x), 0xFF000000000000(x), 0xFF00000000000000(x)};\n"
                    + ".global .attribute(.managed) .u64 m = generic(p)+8;\n");
            ByteBuffer globals = ByteBuffer.wrap(text.initialGlobals(GLOBALS + 0x15, MANAGED))
                    .order(ByteOrder.LITTLE_ENDIAN);
            assertThat(globals.capacity()).isEqualTo(50);
            assertThat(globals.getInt(0)).isEqualTo(7);
            assertThat(globals.getInt(4)).isEqualTo(9);
            assertThat(globals.getLong(8)).isEqualTo(GLOBALS + 0x15);
            assertThat(globals.getLong(16)).isEqualTo(GLOBALS + 0x15 + 8);
            assertThat(globals.getLong(24)).isEqualTo(MANAGED - 1);
            assertThat(globals.getLong(32)).isEqualTo(5);
            assertThat(globals.get(40)).isEqualTo((byte) 3);
            assertThat(globals.get(41)).isEqualTo((byte) 0x19);
            assertThat(globals.getLong(41)).isEqualTo(GLOBALS + 0x19);
            assertThat(globals.get(49)).isZero();
            byte[] managed = text.initialManaged(GLOBALS, MANAGED);
            assertThat(ByteBuffer.wrap(managed).order(ByteOrder.LITTLE_ENDIAN).getLong()).isEqualTo(GLOBALS + 16);
        }

        @Test
        void thatStayGetAddressesOfThoseThatDoNot() throws Exception {
            assertThat(relocated(HEADER + ".global .u32 x = 7;\n.const .u64 p[3] = {x, generic(x)+8, 0};\n"
                    + ".const .u64 q = x+-4;\n.const .u64 r = generic(x)-4;\n"
                    + ".const .u8 o[3] = {0XFF(generic(x)+12), 0xFF00(x), 0xff0000000000(x)};\n"))
                    .isEqualTo(HEADER + "\n.const .u64 p[3] = {0x180000000000, 0x180000000008, 0};\n"
                            + ".const .u64 q = 0x17fffffffffc;\n.const .u64 r = 0x17fffffffffc;\n"
                            + ".const .u8 o[3] = {0xc, 0x0, 0x18};\n");
        }

        @Test
        void thatTheDriverMustPlaceStay() throws Exception {
            String kept = HEADER + ".global .texref t;\n.global .surfref s;\n.extern .shared .align 16 .b8 d[];\n"
                    + ".shared .align 4 .b8 e[16];\n.visible .const .align 4 .u32 c = 4;\n.local .u32 l;\n"
                    + ENTRY + "tex.2d.v4.f32.f32 {f0,f1,f2,f3}, [t, {f4,f5}];}\n";
            assertThat(relocated(kept)).isEqualTo(kept);
            assertThat(parse(kept).globals()).extracting(GlobalInfo::name).containsExactly("c");
        }

        @Test
        void leaveTheirLinesEmpty() throws Exception {
            assertThat(relocated(HEADER + ".global .align 4 .u32 /* two\nlines */ x[2] =\n\t{1,\n\t2}; // end\n.file 1 "
                    + "\"x.cu\"\n")).isEqualTo(HEADER + "\n\n\n // end\n.file 1 \"x.cu\"\n");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                .extern .global .u32 e;            | external variable e
                .extern .const .u32 e[];           | external variable e
                .const .u64 p = c;                 | address of constant variable c as initial value of p
                .const .u64 p = generic(c)+8;      | address of constant variable c as initial value of p
                .global .u64 p[2] = {0, generic(c)}; | address of constant variable c as initial value of p
                .global .u8 p = 0xff(c);           | address of constant variable c as initial value of p
                .global .u64 p = f;                | address of f as initial value of p
                .global .b128 q;                   | variables of type .b128
                .global .attribute(.unified(1, 2)) .u32 u; | attribute .unified of a variable in .global
                """)
        void thatCannotBePlacedAreNamed(String variable, String message) {
            PtxException e = refused(HEADER + ".const .u32 c = 4;\n" + variable + "\n");
            assertThat(e.reason()).isEqualTo(PtxException.Reason.UNSUPPORTED);
            assertThat(e).hasMessage("line 5: " + message);
        }
    }

    @Nested
    class Text {
        @Test
        void tellsHowKernelsAreCalled() throws Exception {
            ModuleText text = parse(HEADER + ".visible .entry k(.param .u32 a, .param .align 8 .b8 s[12],"
                    + " .param .u64 .ptr .global .align 4 d)\n.maxntid 64, 2, 1\n.minnctapersm 2\n"
                    + "{\nwgmma.fence.sync.aligned;\ncall f;\n}\n"
                    + ".entry new(.param .b128 x)\n{\n}\n"
                    + ".func g(.param .u64 x)\n{\nret;\n}\n.entry none()\n.reqntid 32\n.somethingnew 1, 2\n{\n}\n");
            assertThat(text.entries()).containsExactly(
                    new EntryHeader("k", List.of(new EntryInfo.Parameter("a", 0, 4, 4),
                            new EntryInfo.Parameter("s", 8, 12, 8), new EntryInfo.Parameter("d", 24, 8, 8)), 32,
                            new Dim3(64, 2, 1), null),
                    new EntryHeader("none", List.of(), 0, null, new Dim3(32)));
            assertThat(text.entry("none")).contains(text.entries().getLast());
            assertThat(text.entry("g")).isEmpty();
            assertThat(text.entry("new")).isEmpty();
        }

        @Test
        void endsAtItsNul() throws Exception {
            assertThat(relocated(HEADER + ".global .u32 x;\n\0garbage")).isEqualTo(HEADER + "\n");
        }

        @Test
        void keepsBytesOfAnyEncoding() throws Exception {
            byte[] bytes = (HEADER + ".global .u32 x;\n// \u00e9\u20ac ?\n.file 1 \"\u00e9.cu\"\n")
                    .getBytes(StandardCharsets.UTF_8);
            bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf('?')] = (byte) 0xff;
            String expected = new String(bytes, StandardCharsets.ISO_8859_1).replace(".global .u32 x;", "") + "\0";
            assertThat(ModuleText.parse(bytes).relocated(GLOBALS, MANAGED))
                    .isEqualTo(expected.getBytes(StandardCharsets.ISO_8859_1));
        }

        @Test
        void ofDebugInformationTellsWhereVariablesLie() throws Exception {
            assertThat(relocated(VARIABLES + "\t.section .debug_info\n{\n.b8 9\n.b64 x\n.b64 a+4\n.b64 c\n"
                    + ".b32 .debug_str\n}\n"))
                    .isEqualTo(DROPPED + "\t.section .debug_info\n{\n.b8 9\n.b64 0x180000000000\n"
                            + ".b64 0x18000000000c\n.b64 c\n.b32 .debug_str\n}\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"\u0001", ".futuristic thing;", ".entry k(.param .u64 .ptr .global .align 4 p) `\n{"
                + " .global .u32 inner; }", "// .global .u32 x;\n`", "/* .const */ `", "` .global .texref t;",
                ".section `x { .global .u32 }", ".globals x; `", "` \".global .u32 x;\""})
        void thatIsNotUnderstoodAndHasNoVariablesIsLeftAsItIs(String line) throws Exception {
            ModuleText text = parse(HEADER + line + "\n");
            assertThat(text.isUnderstood()).isFalse();
            assertThat(text.entries()).isEmpty();
            assertThat(text.globals()).isEmpty();
            assertThat(text.globalsBytes() + text.managedBytes()).isZero();
            assertThat(text.initialGlobals(GLOBALS, MANAGED)).isEmpty();
            assertThat(text.initialManaged(GLOBALS, MANAGED)).isEmpty();
            assertThat(text.relocated(GLOBALS, MANAGED)).isEqualTo((HEADER + line + "\n\0")
                    .getBytes(StandardCharsets.UTF_8));
        }

        @ParameterizedTest
        @ValueSource(strings = {".visible .global .u32 x;", ".const .u32 x;", ".global\t.attribute(.managed) .u32 x;",
                "/* a */ .global .u32 x;"})
        void thatIsNotUnderstoodAndHasVariablesIsRefused(String variable) {
            PtxException e = refused(HEADER + ".entry k(.param .u64 .ptr .global .align 4 p)\n{ `;\n}\n"
                    + variable + "\n");
            assertThat(e.reason()).isEqualTo(PtxException.Reason.UNSUPPORTED);
            assertThat(e).hasMessage("line 7: a variable cannot be placed in a text that is not understood: "
                    + "line 5: unexpected character '`'");
        }
    }
}
