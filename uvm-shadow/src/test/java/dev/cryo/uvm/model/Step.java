package dev.cryo.uvm.model;

import dev.cryo.uvm.device.Reach;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One thread of a model kernel: {@code *to = *from * factor + offset}, on longs at addresses. */
public record Step(long to, long from, long factor, long offset) {

    /** A kernel thread that writes a value. */
    public static Step set(long to, long value) {
        return new Step(to, to, 0, value);
    }

    static void write(DataOutputStream out, List<Step> steps) throws IOException {
        out.writeInt(steps.size());
        for (Step step : steps) {
            out.writeLong(step.to);
            out.writeLong(step.from);
            out.writeLong(step.factor);
            out.writeLong(step.offset);
        }
    }

    static List<Step> read(DataInputStream in) throws IOException {
        List<Step> steps = new ArrayList<>();
        for (int count = in.readInt(); count > 0; count--) {
            steps.add(new Step(in.readLong(), in.readLong(), in.readLong(), in.readLong()));
        }
        return steps;
    }

    static void write(DataOutputStream out, Reach reach) throws IOException {
        switch (reach) {
            case Reach.All() -> out.writeInt(-1);
            case Reach.Only(var spans) -> {
                out.writeInt(spans.size());
                for (var span : spans) {
                    Spans.write(out, span);
                }
            }
        }
    }

    static Reach readReach(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0) {
            return Reach.ALL;
        }
        List<dev.cryo.uvm.Span> spans = new ArrayList<>();
        for (; count > 0; count--) {
            spans.add(Spans.read(in));
        }
        return new Reach.Only(spans);
    }
}
