package dev.cryo.streamlog.image;

import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import java.io.IOException;
import java.util.List;

/** The sections that one writer wrote, on their way to the writer of the image. */
record SectionList(List<Section> sections) {
    byte[] encode() {
        Encoder out = new Encoder();
        out.putRecords(sections);
        return out.toByteArray();
    }

    static SectionList decode(byte[] bytes) throws IOException {
        Decoder in = new Decoder(bytes);
        try {
            SectionList list = new SectionList(in.getRecords(Section.class));
            if (in.remaining() != 0) {
                throw new IOException("descriptions of sections are followed by " + in.remaining() + " bytes");
            }
            return list;
        } catch (MalformedDataException e) {
            throw new IOException("not descriptions of sections: " + e.getMessage(), e);
        }
    }
}
