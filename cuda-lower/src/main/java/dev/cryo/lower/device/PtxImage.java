package dev.cryo.lower.device;

import dev.cryo.streamlog.call.CudaResult;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What an application gives as a module's image: PTX text or machine code of a GPU. */
public final class PtxImage {
    private static final int ELF = 0x464c457f;
    private static final int FATBIN = 0xba55ed50;
    private static final int FATBIN_WRAPPER = 0x466243b1;

    private PtxImage() {}

    /**
     * Refuses machine code by name.
     *
     * @throws RefusedException if the image is machine code
     */
    public static void requireText(byte[] image) throws RefusedException {
        if (image.length < 4) {
            return;
        }
        int magic = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (magic == ELF || magic == FATBIN || magic == FATBIN_WRAPPER) {
            throw new RefusedException(
                    CudaResult.NO_BINARY_FOR_GPU,
                    "the image is " + (magic == ELF ? "a cubin" : "a fat binary") + "; this device takes PTX text");
        }
    }
}
