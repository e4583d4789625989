package dev.cryo.upper.jcuda;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.driver.CUjit_option;
import jcuda.driver.JITOptions;
import org.jspecify.annotations.Nullable;

/** Gives what the compiler said to the buffers that the application's options name. */
final class JitLogs {
    private JitLogs() {}

    static void put(@Nullable JITOptions options, String log) {
        if (options == null) {
            return;
        }
        byte[] buffer = options.getBytes(CUjit_option.CU_JIT_INFO_LOG_BUFFER);
        if (buffer != null && buffer.length > 0) {
            byte[] text = log.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(text.length, buffer.length - 1);
            System.arraycopy(text, 0, buffer, 0, length);
            Arrays.fill(buffer, length, buffer.length, (byte) 0);
            options.putInt(CUjit_option.CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, length);
        }
    }
}
