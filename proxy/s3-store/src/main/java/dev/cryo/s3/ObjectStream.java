package dev.cryo.s3;

import dev.cryo.proxy.store.StoreException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;

/** The bytes of an object; that they break off is told as everything that the store does not do. For one thread. */
final class ObjectStream extends FilterInputStream {
    private final Function<Exception, StoreException> broken;

    ObjectStream(InputStream object, Function<Exception, StoreException> broken) {
        super(object);
        this.broken = broken;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            return in.read(into, offset, length);
        } catch (IOException | SdkException e) {
            throw broken.apply(e);
        }
    }
}
