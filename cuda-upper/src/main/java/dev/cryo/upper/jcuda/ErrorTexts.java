package dev.cryo.upper.jcuda;

import java.util.Map;

/** What the driver says of its error codes. The runtime says the same of the same codes. */
final class ErrorTexts {
    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(0, "no error"),
            Map.entry(1, "invalid argument"),
            Map.entry(2, "out of memory"),
            Map.entry(3, "initialization error"),
            Map.entry(4, "driver shutting down"),
            Map.entry(5, "profiler disabled while using external profiling tool"),
            Map.entry(9, "invalid configuration argument"),
            Map.entry(12, "invalid pitch argument"),
            Map.entry(13, "invalid device symbol"),
            Map.entry(17, "invalid device pointer"),
            Map.entry(18, "invalid texture reference"),
            Map.entry(21, "invalid copy direction for memcpy"),
            Map.entry(35, "CUDA driver version is insufficient for CUDA runtime version"),
            Map.entry(46, "CUDA-capable device(s) is/are busy or unavailable"),
            Map.entry(98, "invalid device function"),
            Map.entry(100, "no CUDA-capable device is detected"),
            Map.entry(101, "invalid device ordinal"),
            Map.entry(200, "device kernel image is invalid"),
            Map.entry(201, "invalid device context"),
            Map.entry(209, "no kernel image is available for execution on the device"),
            Map.entry(214, "uncorrectable ECC error encountered"),
            Map.entry(215, "limit is not supported on this architecture"),
            Map.entry(217, "peer access is not supported between these two devices"),
            Map.entry(218, "a PTX JIT compilation failed"),
            Map.entry(300, "device kernel image is invalid"),
            Map.entry(301, "file not found"),
            Map.entry(302, "shared object symbol not found"),
            Map.entry(303, "shared object initialization failed"),
            Map.entry(304, "OS call failed or operation not supported on this OS"),
            Map.entry(400, "invalid resource handle"),
            Map.entry(401, "the operation cannot be performed in the present state"),
            Map.entry(500, "named symbol not found"),
            Map.entry(600, "device not ready"),
            Map.entry(700, "an illegal memory access was encountered"),
            Map.entry(701, "too many resources requested for launch"),
            Map.entry(702, "the launch timed out and was terminated"),
            Map.entry(704, "peer access is already enabled"),
            Map.entry(705, "peer access has not been enabled"),
            Map.entry(708, "cannot set while device is active in this process"),
            Map.entry(709, "context is destroyed"),
            Map.entry(710, "device-side assert triggered"),
            Map.entry(712, "part or all of the requested memory range is already mapped"),
            Map.entry(713, "pointer does not correspond to a registered memory region"),
            Map.entry(714, "hardware stack error"),
            Map.entry(715, "an illegal instruction was encountered"),
            Map.entry(716, "misaligned address"),
            Map.entry(717, "operation not supported on global/shared address space"),
            Map.entry(718, "invalid program counter"),
            Map.entry(719, "unspecified launch failure"),
            Map.entry(720, "too many blocks in cooperative launch"),
            Map.entry(800, "operation not permitted"),
            Map.entry(801, "operation not supported"),
            Map.entry(802, "system not yet initialized"),
            Map.entry(900, "operation not permitted when stream is capturing"),
            Map.entry(901, "operation failed due to a previous error during capture"),
            Map.entry(999, "unknown error"));

    private ErrorTexts() {}

    /** The text of a code; of a rare one its name. */
    static String of(int code, String name) {
        return TEXTS.getOrDefault(code, name);
    }
}
