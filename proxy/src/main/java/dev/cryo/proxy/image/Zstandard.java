package dev.cryo.proxy.image;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.cryo.streamlog.image.Compression;
import java.nio.ByteBuffer;

/** Zstandard (RFC 8878) at its fastest ordinary level, by zstd-jni. Thread-safe. */
public final class Zstandard implements Compression {
    private static final int LEVEL = 1;

    /** Made by the {@link java.util.ServiceLoader}. */
    public Zstandard() {}

    @Override
    public int compress(ByteBuffer from, ByteBuffer into) {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(LEVEL).setChecksum(false).setContentSize(true);
            return context.compressDirectByteBuffer(
                    into, into.position(), into.remaining(), from, from.position(), from.remaining());
        } catch (ZstdException e) {
            if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
                return 0;
            }
            throw e;
        }
    }

    @Override
    public int decompress(ByteBuffer from, ByteBuffer into) {
        long length = Zstd.decompressDirectByteBuffer(
                into, into.position(), into.remaining(), from, from.position(), from.remaining());
        return Zstd.isError(length) ? -1 : (int) length;
    }
}
