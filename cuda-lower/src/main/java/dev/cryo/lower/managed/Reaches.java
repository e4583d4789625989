package dev.cryo.lower.managed;

import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.streamlog.call.Call;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which unified memory a call may touch: too much rather than too little. It belongs to the thread that executes. */
final class Reaches {
    private static final long LARGEST_COUNT = 1L << 32;

    /** No copy is as large. */
    private static final long WINDOW_BYTES = 1L << 40;

    private final UnifiedDevice device;
    private final Allocations allocations;

    Reaches(UnifiedDevice device, Allocations allocations) {
        this.device = device;
        this.allocations = allocations;
    }

    Access of(Call.Launch call) {
        PointerUse use = device.pointers(call.function()).orElse(null);
        if (use == null) {
            return new Access(call.stream(), Reach.ALL, Reach.ALL);
        }
        ByteBuffer parameters = ByteBuffer.wrap(call.parameters()).order(ByteOrder.LITTLE_ENDIAN);
        return new Access(
                call.stream(),
                use.readsAnything() || areNoPointers(use.readBases(), parameters)
                        ? Reach.ALL
                        : pointed(use.readAt(), parameters, use.readsManaged(), call),
                use.writesAnything() || areNoPointers(use.writtenBases(), parameters)
                        ? Reach.ALL
                        : pointed(use.writtenAt(), parameters, use.writesManaged(), call));
    }

    /** The module's variables, which it writes when it is loaded. */
    Access of(Call.ModuleLoadManaged call) {
        Allocations.Region region = allocations.around(call.managedAt());
        // No stream's work: nothing else can have the module's id.
        return new Access(call.module(), Reach.NOTHING, region == null ? Reach.ALL : Reach.of(region.span()));
    }

    /** The regions that values of a parameter block point into, and that of the module's variables if it is named. */
    private Reach pointed(List<Integer> offsets, ByteBuffer parameters, boolean variables, Call.Launch call) {
        List<Span> spans = new ArrayList<>();
        if (variables) {
            add(spans, allocations.around(device.managed(call.function())));
        }
        for (int offset : offsets) {
            if (offset > parameters.limit() - Long.BYTES) {
                return Reach.ALL;
            }
            long value = parameters.getLong(offset);
            Allocations.Region in = allocations.around(value);
            // A pointer to the end of a region is as good as one to its last byte.
            Allocations.Region before = allocations.around(value - 1);
            if (in == null && before == null && isDisguised(value)) {
                return Reach.ALL;
            }
            add(spans, in);
            if (before != in) {
                add(spans, before);
            }
        }
        return spans.isEmpty() ? Reach.NOTHING : new Reach.Only(spans);
    }

    private static void add(List<Span> spans, Allocations.@Nullable Region region) {
        if (region != null) {
            spans.add(region.span());
        }
    }

    /**
     * Whether a value that points into no region may become a pointer into one: by an index, or by arithmetic that
     * takes a tag or a key off. A count is too small for that, and who has a pointer to other memory uses that.
     */
    private boolean isDisguised(long value) {
        return !isCount(value) && !device.has(value) && !device.has(value - 1);
    }

    private static boolean isCount(long value) {
        return value < LARGEST_COUNT && value > -LARGEST_COUNT;
    }

    /** Whether there are addresses whose base is none: the pointer is in what is added to a count, or two are added. */
    private static boolean areNoPointers(List<PointerUse.Bases> bases, ByteBuffer parameters) {
        for (PointerUse.Bases each : bases) {
            int pointers = 0;
            boolean nothing = true;
            for (int offset : each.at()) {
                long value = offset > parameters.limit() - Long.BYTES ? -1 : parameters.getLong(offset);
                pointers += isCount(value) ? 0 : 1;
                nothing &= value == 0;
            }
            // What has no pointer at all is not accessed: an optional array that is left out.
            if (pointers == 0 && !nothing || pointers > 1 && each.summed()) {
                return true;
            }
        }
        return false;
    }

    Access of(Call.Copy call) {
        return new Access(
                call.stream(),
                of(call.source(), call.width(), call.height(), call.depth()),
                of(call.target(), call.width(), call.height(), call.depth()));
    }

    Access of(Call.MemSet call) {
        Call.Place place = new Call.Place(Call.Space.DEVICE, call.address(), call.pitch(), 0);
        double width = (double) call.width() * call.elementBytes();
        Reach reach = width < WINDOW_BYTES ? of(place, (long) width, call.height(), 1) : Reach.ALL;
        return new Access(call.stream(), Reach.NOTHING, reach);
    }

    Access of(Call.MemWrite call) {
        Call.Place place = Call.Place.linear(Call.Space.DEVICE, call.address());
        return new Access(call.stream(), Reach.NOTHING, of(place, call.data().length, 1, 1));
    }

    /** From a place's first byte to its last; a size that the device will refuse reaches everything. */
    private Reach of(Call.Place place, long width, long height, long depth) {
        if (place.space() == Call.Space.STAGING || width == 0 || height == 0 || depth == 0) {
            return Reach.NOTHING;
        }
        double bytes = (depth - 1.0) * place.slice() + (height - 1.0) * place.pitch() + width;
        if (place.address() < 0 || width < 0 || height < 0 || depth < 0 || !(bytes > 0 && bytes < WINDOW_BYTES)) {
            return Reach.ALL;
        }
        Span span = new Span(place.address(), (depth - 1) * place.slice() + (height - 1) * place.pitch() + width);
        return allocations.meet(span) ? Reach.of(span) : Reach.NOTHING;
    }
}
