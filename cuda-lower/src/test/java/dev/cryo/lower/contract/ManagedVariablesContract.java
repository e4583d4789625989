package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every device does with the managed variables of modules. */
@Timeout(60)
public abstract class ManagedVariablesContract {
    private static final long GLOBALS = 0x1800_0000_0000L;
    private static final long AT = 0x2800_0000_0000L;
    private static final int MODULE = 10;
    private static final int KERNEL = 11;

    /** As nvcc writes them. */
    protected static final String TEXT = """
            .version 9.0
            .target sm_75
            .address_size 64
            .global .attribute(.managed) .align 4 .u32 counter = 7;
            .global .align 4 .u32 plain = 3;
            .visible .global .attribute(.managed) .align 16 .b8 table[20] = {0, 0, 192, 63, 1};
            .global .attribute(.managed) .align 8 .u64 to_plain = generic(plain);
            .global .align 8 .u64 to_table = generic(table)+4;
            .visible .entry k(.param .u32 amount) {
                .reg .b32 %r<4>;
                ld.param.u32 %r1, [amount];
                atom.global.add.u32 %r2, [counter], %r1;
                ld.global.u32 %r3, [plain];
                st.global.u32 [table+16], %r3;
                ret;
            }
            """;

    private final TestBed bed;
    private DeviceRig rig;

    protected ManagedVariablesContract(TestBed bed) {
        this.bed = bed;
    }

    @BeforeEach
    void open() throws Exception {
        rig = DeviceRig.withContext(bed.open());
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        bed.close();
    }

    protected static byte[] text() {
        return TEXT.getBytes(StandardCharsets.US_ASCII);
    }

    private long load() {
        long bytes = rig.call(new Call.ModuleMeasure(DeviceRig.CONTEXT, text())).managedBytes();
        rig.call(new Call.ManagedAlloc(AT, DeviceRig.CONTEXT, bytes, 1));
        return rig.call(new Call.ModuleLoadManaged(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0, AT)).globalsBytes();
    }

    @Test
    void theyHaveTheirFirstValuesAndKernelsChangeThem() {
        assertThat(load()).isEqualTo(16);
        Call.GlobalGet.Result counter = rig.call(new Call.GlobalGet(MODULE, "counter"));
        assertThat(counter).isEqualTo(new Call.GlobalGet.Result(AT, 4));
        Call.GlobalGet.Result table = rig.call(new Call.GlobalGet(MODULE, "table"));
        assertThat(table).isEqualTo(new Call.GlobalGet.Result(AT + 16, 20));
        assertThat(rig.read(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
        assertThat(rig.read(AT + 16, 20).get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1.5f);
        long plain = rig.call(new Call.GlobalGet(MODULE, "plain")).address();
        assertThat(rig.read(AT + 40, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(plain);
        assertThat(rig.read(plain + 8, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(AT + 20);

        rig.call(new Call.FunctionGet(KERNEL, MODULE, "k"));
        byte[] five = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(5).array();
        rig.queue(new Call.Launch(KERNEL, DeviceRig.DEFAULT, 1, 1, 1, 2, 1, 1, 0, five));
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        assertThat(rig.read(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(17);
        assertThat(rig.read(AT + 16, 20).get(ValueLayout.JAVA_INT, 16)).isEqualTo(3);
    }

    @Test
    void theirMemoryOutlivesTheModule() {
        load();
        rig.queue(new Call.ModuleUnload(MODULE));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(rig.read(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
        rig.queue(new Call.ManagedFree(AT));
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void withoutMemoryForThemTheModuleIsNotLoaded() {
        assertThat(rig.code(new Call.ModuleLoad(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        assertThat(rig.code(new Call.ModuleLoadManaged(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0, AT)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        byte[] broken = ".version 7.5\n.target sm_75\n.address_size 64\n.global\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(rig.code(new Call.ModuleMeasure(DeviceRig.CONTEXT, broken))).isEqualTo(CudaResult.INVALID_PTX);
    }

    /** As a replay needs it, which writes what an image has for zeros only where something else could be. */
    @Test
    void zerosAreWrittenOverFirstValues() {
        load();
        rig.device.writeZeros(AT, 4096);
        assertThat(rig.read(AT, 4).get(ValueLayout.JAVA_INT, 0)).isZero();
    }
}
