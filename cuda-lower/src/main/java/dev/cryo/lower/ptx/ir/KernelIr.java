package dev.cryo.lower.ptx.ir;

import java.util.List;
import java.util.Map;

/**
 * A kernel in typed form. Branches name their target by its index in {@code instructions}; the last instruction is
 * always an {@link Instr.Exit}.
 *
 * @param registers all registers; {@link Reg#index()} is the position
 * @param specials the registers that hold special registers
 * @param symbols wide registers that hold the addresses of variables in global and constant memory
 * @param sharedBytes static shared memory
 * @param dynamicShared where dynamic shared memory begins
 * @param localBytes local memory of a thread
 */
public record KernelIr(String name, int line, int parameterBytes, List<Instr> instructions, List<Reg> registers,
        Map<SpecialReg, Reg> specials, Map<String, Reg> symbols, int sharedBytes, int dynamicShared,
        int localBytes) {

    /** The window of generic addresses that stands for shared memory. */
    public static final long SHARED_WINDOW = 0x7e00_0000_0000_0000L;
    /** The window of generic addresses that stands for local memory. */
    public static final long LOCAL_WINDOW = 0x7d00_0000_0000_0000L;
    /** The window of generic addresses that stands for kernel parameters. */
    public static final long PARAM_WINDOW = 0x7c00_0000_0000_0000L;
    /** The bytes that a window spans. */
    public static final long WINDOW_BYTES = 1L << 32;
}
