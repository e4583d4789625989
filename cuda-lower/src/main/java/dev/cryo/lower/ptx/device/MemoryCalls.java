package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Box;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.List;

/** Executes the calls that make, end, copy and set memory. It belongs to the thread that executes calls. */
final class MemoryCalls {
    /** What is done in about the time of a hand-over to another thread. */
    private static final long LIGHT_BYTES = 64 << 10;

    private static final long LIGHT_UNMAP_BYTES = 64 << 20;

    private final DeviceObjects objects;
    private final Timeline timeline;
    private final DeviceMemory memory;
    private final HostMemory host;
    private final AddressSpace space;

    MemoryCalls(
            DeviceObjects objects, Timeline timeline, DeviceMemory memory, HostMemory host, AddressSpace space) {
        this.objects = objects;
        this.timeline = timeline;
        this.memory = memory;
        this.host = host;
        this.space = space;
    }

    void map(Call.MemMap call) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        context.requireHealthy();
        memory.claim(call.address(), call.bytes(), context);
        Runnable mapping = () -> memory.map(call.address(), call.bytes());
        timeline.prepare(new Action(Work.Weight.LIGHT, context, "mapping of memory", mapping));
    }

    /** Makes unified memory, which is device memory that the host can use too: answered when it is there. */
    void map(Call.ManagedAlloc call, LowerHalf.Reply reply) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        context.requireHealthy();
        memory.claim(call.address(), call.mappedBytes(), context);
        timeline.prepare(new Action(Work.Weight.LIGHT, context, "mapping of unified memory", () -> {
            try {
                memory.map(call.address(), call.mappedBytes());
                reply.done(Call.Done.DONE);
            } catch (DeviceFault e) {
                reply.failed(e.code());
                throw e;
            }
        }));
    }

    void unmap(long address) throws RefusedException {
        DeviceContext context = memory.owner(address);
        timeline.fence(unmapping(address, context));
    }

    /** Passes if memory begins at an address. */
    void requireClaimed(long address) throws RefusedException {
        DeviceContext unused = memory.owner(address);
    }

    /** Gives up a claim; the operation that is returned ends the memory. */
    Work unmapping(long address, DeviceContext context) throws RefusedException {
        long bytes = memory.unclaim(address);
        return new Action(
                bytes > LIGHT_UNMAP_BYTES ? Work.Weight.HEAVY : Work.Weight.LIGHT,
                context,
                "end of memory",
                () -> memory.unmap(address));
    }

    void allocateHost(Call.HostAlloc call) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        context.requireHealthy();
        host.add(call.address(), call.bytes(), call.descriptor(), context);
    }

    void freeHost(Call.HostFree call, LowerHalf.Reply reply) throws RefusedException {
        DeviceContext context = host.owner(call.address());
        context.requireHealthy();
        timeline.fence(new Action(Work.Weight.LIGHT, context, "end of page-locked memory", () -> {
            host.remove(call.address());
            reply.done(Call.Done.DONE);
        }));
    }

    /** Ends all memory of a context; to be called when its work has ended. */
    void endAll(List<Long> device, List<Long> pageLocked) {
        device.forEach(memory::unmap);
        pageLocked.forEach(host::remove);
    }

    /** Gives up the claims of a context on device memory and says where they begin. */
    List<Long> unclaimAll(DeviceContext context) throws RefusedException {
        List<Long> claimed = new ArrayList<>(memory.claimedBy(context));
        for (long address : claimed) {
            memory.unclaim(address);
        }
        return claimed;
    }

    void copy(Call.Copy call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        Box box = new Box(call.width(), call.height(), call.depth());
        if (!box.fits(call.source()) || !box.fits(call.target())) {
            throw new RefusedException(CudaResult.INVALID_VALUE, call + " has no possible size");
        }
        if (box.isEmpty()) {
            return;
        }
        Runnable copy = () -> space.copy(call.source(), call.target(), box);
        timeline.enqueue(stream, new Transfer(stream, "copy", box.bytes(), copy) {
            @Override
            void release() {
                releaseStaging(call);
            }
        });
    }

    /** Tells that the staging source of a copy, if it has one, was read or is not going to be. */
    void releaseStaging(Call.Copy call) {
        Box box = new Box(call.width(), call.height(), call.depth());
        LowerHalf.HostSide side = host.hostOrNull();
        if (call.source().space() == Call.Space.STAGING && side != null && box.fits(call.source()) && !box.isEmpty()) {
            side.releaseStaging(call.source().address(), box.span(call.source()));
        }
    }

    void set(Call.MemSet call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        int element = call.elementBytes();
        Call.Place place = new Call.Place(Call.Space.DEVICE, call.address(), call.pitch(), 0);
        if (element != 1 && element != 2 && element != 4
                || call.width() > Long.MAX_VALUE / 4
                || !new Box(call.width() * element, call.height(), 1).fits(place)) {
            throw new RefusedException(CudaResult.INVALID_VALUE, call + " has no possible size");
        }
        long width = call.width() * element;
        if (width * call.height() > 0) {
            Runnable set = () -> space.set(call.address(), call.pitch(), element, call.value(), width, call.height());
            timeline.enqueue(stream, new Transfer(stream, "set", width * call.height(), set));
        }
    }

    void write(Call.MemWrite call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        Runnable write = () -> space.write(call.address(), call.data());
        timeline.enqueue(stream, new Transfer(stream, "write", call.data().length, write));
    }

    /** A copy or a set. */
    private static class Transfer extends ContextWork {
        private final String verb;
        private final long bytes;
        private final Runnable body;

        Transfer(DeviceStream stream, String verb, long bytes, Runnable body) {
            super(bytes <= LIGHT_BYTES ? Weight.LIGHT : Weight.HEAVY, stream);
            this.verb = verb;
            this.bytes = bytes;
            this.body = body;
        }

        @Override
        void perform() {
            body.run();
        }

        @Override
        String words() {
            return verb + " of " + bytes + " bytes on " + stream;
        }
    }
}
