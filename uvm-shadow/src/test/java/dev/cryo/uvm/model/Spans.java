package dev.cryo.uvm.model;

import dev.cryo.uvm.Span;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** Ranges on the wire between test and model device. */
final class Spans {
    private Spans() {}

    static void write(DataOutputStream out, Span span) throws IOException {
        out.writeLong(span.address());
        out.writeLong(span.bytes());
    }

    static Span read(DataInputStream in) throws IOException {
        return new Span(in.readLong(), in.readLong());
    }
}
