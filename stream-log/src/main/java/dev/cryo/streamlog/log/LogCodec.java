package dev.cryo.streamlog.log;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import java.util.ArrayList;
import java.util.List;

/** Encodes a log's calls: their number, four bytes, and the calls. */
public final class LogCodec {
    /** The most calls of a log: a few bytes of it become many times as many where they are decoded. */
    static final int MAX_CALLS = 1 << 24;

    private LogCodec() {}

    /** Encodes calls. */
    public static byte[] encode(List<Call> calls) {
        Encoder out = new Encoder();
        out.putInt(calls.size());
        calls.forEach(call -> Call.VOCABULARY.encode(call, out));
        return out.toByteArray();
    }

    /**
     * Decodes calls.
     *
     * @throws MalformedDataException if the bytes are not a log
     */
    public static List<Call> decode(byte[] bytes) {
        Decoder in = new Decoder(bytes);
        int count = in.getInt();
        if (count > MAX_CALLS) {
            throw new MalformedDataException("expected at most " + MAX_CALLS + " calls, found " + count);
        }
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(Call.VOCABULARY.decode(in));
        }
        if (count < 0 || in.remaining() != 0) {
            throw new MalformedDataException(
                    "expected the end of the log after " + count + " calls, " + in.remaining() + " bytes are left");
        }
        return List.copyOf(calls);
    }
}
