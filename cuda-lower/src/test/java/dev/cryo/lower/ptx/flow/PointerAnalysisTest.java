package dev.cryo.lower.ptx.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.lower.ptx.PointerUse.Bases;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PointerAnalysisTest {
    /** A kernel with parameters a, b, c (pointers, at 0, 8, 16) and n (32 bits, at 24). */
    private static PointerUse analyze(String body) throws PtxException {
        return PtxModule.parse("""
                .version 8.5
                .target sm_75
                .address_size 64
                .global .u64 plain[4];
                .global .attribute(.managed) .align 8 .u64 shared[4];
                .visible .entry kernel(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n) {
                    .reg .pred %p<4>;
                    .reg .b32 %r<16>;
                    .reg .f32 %f<8>;
                    .reg .b64 %rd<24>;
                    .shared .align 8 .b8 stage[64];
                    .local .align 8 .b8 stack[64];
                    ld.param.u64 %rd1, [a];
                    ld.param.u64 %rd2, [b];
                    ld.param.u64 %rd3, [c];
                    ld.param.u32 %r1, [n];
                BODY
                    ret;
                }
                """.replace("BODY", body)).entries().getFirst().pointers();
    }

    private static PointerUse use(List<Integer> readAt, List<Integer> writtenAt) {
        return use(readAt, writtenAt, false, false, false, false);
    }

    private static PointerUse use(
            List<Integer> readAt, List<Integer> writtenAt, boolean readsManaged, boolean writesManaged,
            boolean readsAnything, boolean writesAnything) {
        return new PointerUse(
                readAt, writtenAt, readsManaged, writesManaged, readsAnything, writesAnything, List.of(), List.of());
    }

    /** Without the bases. */
    private static PointerUse of(String body) throws PtxException {
        PointerUse whole = analyze(body);
        return use(
                whole.readAt(), whole.writtenAt(), whole.readsManaged(), whole.writesManaged(),
                whole.readsAnything(), whole.writesAnything());
    }

    /** Such a load faults when it is executed; what it would bring is not known before. */
    @ParameterizedTest
    @ValueSource(strings = {"-8", "-24", "-48", "32", "4294967296", "8589934592"})
    void whatIsLoadedFromBesideTheParametersMayPointAnywhere(String offset) throws PtxException {
        PointerUse use = of("""
                ld.param.u64 %rd4, [aOFFSET];
                ld.global.u32 %r2, [%rd4];
                """.replace("OFFSET", offset.startsWith("-") ? offset : "+" + offset));
        assertThat(use).isEqualTo(use(List.of(), List.of(), false, false, true, false));
    }

    @Test
    void aSumReadsTwoParametersAndWritesTheThird() throws PtxException {
        assertThat(of("""
                cvta.to.global.u64 %rd4, %rd1;
                cvta.to.global.u64 %rd5, %rd2;
                cvta.to.global.u64 %rd6, %rd3;
                mov.u32 %r2, %tid.x;
                mad.lo.s32 %r3, %r2, %r1, %r2;
                mul.wide.s32 %rd7, %r3, 4;
                add.s64 %rd8, %rd4, %rd7;
                add.s64 %rd9, %rd5, %rd7;
                add.s64 %rd10, %rd6, %rd7;
                ld.global.f32 %f1, [%rd8];
                ld.global.nc.f32 %f2, [%rd9];
                add.f32 %f3, %f1, %f2;
                st.global.f32 [%rd10], %f3;
                """)).isEqualTo(use(List.of(0, 8), List.of(16)));
    }

    @Test
    void whatIsNotUsedIsNotAccessed() throws PtxException {
        assertThat(of("")).isEqualTo(use(List.of(), List.of()));
    }

    @Test
    void atomicsReadAndWrite() throws PtxException {
        assertThat(of("red.global.add.u32 [%rd2], 1;")).isEqualTo(use(List.of(8), List.of(8)));
    }

    @Test
    void aWayAroundALoopIsFollowed() throws PtxException {
        assertThat(of("""
                again:
                st.global.u32 [%rd4], %r1;
                selp.b64 %rd4, %rd5, %rd2, %p1;
                mov.u64 %rd5, %rd3;
                setp.eq.u32 %p1, %r1, 0;
                @%p1 bra again;
                """)).isEqualTo(use(List.of(), List.of(8, 16)));
    }

    @Test
    void aGuardedMoveKeepsWhatWasThere() throws PtxException {
        assertThat(of("""
                mov.u64 %rd4, %rd1;
                setp.eq.u32 %p1, %r1, 0;
                @%p1 mov.u64 %rd4, %rd2;
                ld.u32 %r2, [%rd4];
                """)).isEqualTo(use(List.of(0, 8), List.of()));
    }

    @Test
    void anIndexThatWasLoadedWidensNothing() throws PtxException {
        assertThat(of("""
                ld.global.s32 %r2, [%rd1];
                mul.wide.s32 %rd4, %r2, 4;
                add.s64 %rd5, %rd2, %rd4;
                st.global.u32 [%rd5], %r2;
                cvt.u64.u32 %rd6, %r2;
                shl.b64 %rd7, %rd6, 3;
                add.s64 %rd8, %rd3, %rd7;
                st.global.u32 [%rd8], %r2;
                """)).isEqualTo(use(List.of(0), List.of(8, 16)));
    }

    @Test
    void aPointerThatWasLoadedMayPointAnywhere() throws PtxException {
        assertThat(of("""
                ld.global.u64 %rd4, [%rd1];
                ld.global.f32 %f1, [%rd4+8];
                """)).isEqualTo(use(List.of(0), List.of(), false, false, true, false));
        assertThat(of("""
                ld.global.v2.u64 {%rd4, %rd5}, [%rd1];
                st.global.f32 [%rd5], %f1;
                """)).isEqualTo(use(List.of(0), List.of(), false, false, false, true));
        assertThat(of("""
                atom.global.exch.b64 %rd4, [%rd1], %rd2;
                st.f32 [%rd4], %f1;
                """)).isEqualTo(use(List.of(0), List.of(0), false, false, false, true));
    }

    @Test
    void aPointerThatIsMadeOfLoadedHalvesMayPointAnywhere() throws PtxException {
        PointerUse anywhere = use(List.of(0), List.of(), false, false, false, true);
        assertThat(of("""
                ld.global.v2.u32 {%r2, %r3}, [%rd1];
                mov.b64 %rd4, {%r2, %r3};
                st.global.u32 [%rd4], %r1;
                """)).isEqualTo(anywhere);
        assertThat(of("""
                ld.global.v2.u32 {%r2, %r3}, [%rd1];
                cvt.u64.u32 %rd4, %r3;
                shl.b64 %rd5, %rd4, 32;
                cvt.u64.u32 %rd6, %r2;
                or.b64 %rd7, %rd5, %rd6;
                st.global.u32 [%rd7], %r1;
                """)).isEqualTo(anywhere);
    }

    @Test
    void aPointerThatGoesThroughSharedOrLocalMemoryMayPointAnywhere() throws PtxException {
        assertThat(of("""
                st.shared.u64 [stage], %rd1;
                ld.shared.u64 %rd4, [stage];
                ld.global.u32 %r2, [%rd4];
                """)).isEqualTo(use(List.of(), List.of(), false, false, true, false));
        assertThat(of("""
                st.local.u64 [stack], %rd1;
                ld.local.u64 %rd4, [stack];
                st.global.u32 [%rd4], %r1;
                """)).isEqualTo(use(List.of(), List.of(), false, false, false, true));
    }

    @Test
    void aPointerThatIsShuffledInHalvesBetweenLanesMayPointAnywhere() throws PtxException {
        assertThat(of("""
                mov.b64 {%r2, %r3}, %rd3;
                shfl.sync.idx.b32 %r4, %r2, 0, 31, -1;
                shfl.sync.idx.b32 %r5, %r3, 0, 31, -1;
                mov.b64 %rd4, {%r4, %r5};
                st.global.u32 [%rd4], %r1;
                """)).isEqualTo(use(List.of(), List.of(16), false, false, false, true));
    }

    @Test
    void pointersInAStructureAreFoundByTheirOffset() throws PtxException {
        PointerUse use = PtxModule.parse("""
                .version 8.5
                .target sm_75
                .address_size 64
                .visible .entry kernel(.param .align 8 .b8 pair[24], .param .u64 out) {
                    .reg .b32 %r<4>;
                    .reg .b64 %rd<8>;
                    ld.param.u64 %rd1, [pair+16];
                    ld.param.u64 %rd2, [out];
                    ld.global.u32 %r1, [%rd1];
                    st.global.u32 [%rd2], %r1;
                    ret;
                }
                """).entries().getFirst().pointers();

        assertThat(List.of(use.readAt(), use.writtenAt())).isEqualTo(List.of(List.of(16), List.of(24)));
        assertThat(use.readsAnything() || use.writesAnything()).isFalse();
    }

    @Test
    void sharedAndLocalMemoryDoNotCount() throws PtxException {
        assertThat(of("""
                ld.shared.u32 %r2, [stage+4];
                st.local.u32 [stack], %r2;
                """)).isEqualTo(use(List.of(), List.of()));
    }

    @Test
    void managedVariablesThatAreNamedAreAccessed() throws PtxException {
        assertThat(of("ld.global.u32 %r2, [shared+4]; st.global.u32 [plain], %r2;"))
                .isEqualTo(use(List.of(), List.of(), true, false, false, false));
        assertThat(of("""
                mov.u64 %rd4, shared;
                cvta.global.u64 %rd5, %rd4;
                mul.wide.s32 %rd6, %r1, 8;
                add.s64 %rd7, %rd5, %rd6;
                st.u64 [%rd7+8], %rd1;
                """)).isEqualTo(use(List.of(), List.of(), false, true, false, false));
        assertThat(of("atom.global.add.u32 %r2, [shared], 1;"))
                .isEqualTo(use(List.of(), List.of(), true, true, false, false));
    }

    @Test
    void aManagedVariableOrAParameterMayBeMeant() throws PtxException {
        assertThat(of("""
                mov.u64 %rd4, shared;
                setp.eq.s32 %p1, %r1, 0;
                selp.b64 %rd5, %rd4, %rd2, %p1;
                st.global.u32 [%rd5], 1;
                """)).isEqualTo(use(List.of(), List.of(8), false, true, false, false));
    }

    @Test
    void aPointerInDisguiseIsNoBase() throws PtxException {
        PointerUse masked = analyze("""
                and.b64 %rd4, %rd1, 281474976710655;
                st.global.u32 [%rd4], %r1;
                """);
        assertThat(masked.writesAnything()).isTrue();
        PointerUse scaled = analyze("""
                shl.b64 %rd4, %rd1, 14;
                add.s64 %rd5, %rd4, %rd2;
                ld.global.u32 %r2, [%rd5];
                """);
        assertThat(scaled.readBases()).isEqualTo(List.of(new Bases(List.of(8), false)));
        assertThat(scaled.readAt()).isEqualTo(List.of(0, 8));
        PointerUse page = analyze("""
                cvt.u64.u32 %rd4, %r1;
                shl.b64 %rd5, %rd4, 14;
                ld.u32 %r2, [%rd5];
                """);
        assertThat(page.readsAnything()).isTrue();
    }

    @Test
    void sumsAndSelectionsKeepTheBase() throws PtxException {
        PointerUse use = analyze("""
                setp.eq.s32 %p1, %r1, 0;
                selp.b64 %rd4, %rd1, %rd2, %p1;
                mul.lo.s64 %rd5, %rd3, 8;
                add.s64 %rd6, %rd5, %rd4;
                sub.s64 %rd7, %rd6, %rd3;
                st.global.u32 [%rd7+4], %r1;
                ld.global.u32 %r2, [%rd2];
                """);
        assertThat(use.writtenBases()).isEqualTo(List.of(new Bases(List.of(0, 8), false)));
        assertThat(use.readBases()).isEqualTo(List.of(new Bases(List.of(8), false)));
        assertThat(use.writesAnything()).isFalse();
    }

    @Test
    void basesThatAreAddedAreToldApart() throws PtxException {
        PointerUse use = analyze("""
                add.s64 %rd4, %rd1, %rd2;
                add.s64 %rd5, %rd4, 4;
                st.global.u32 [%rd5], %r1;
                """);
        assertThat(use.writtenBases()).isEqualTo(List.of(new Bases(List.of(0, 8), true)));
    }
}
