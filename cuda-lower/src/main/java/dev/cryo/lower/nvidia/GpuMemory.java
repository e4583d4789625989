package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Chunks.Chunk;
import dev.cryo.lower.nvidia.Claims.Claim;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Device memory at the addresses that the upper half chose.
 *
 * <p>A range is <em>claimed</em> from the call that makes it to the call that ends it. Then it is <em>retired</em>
 * until the work that may use it has ended, and its memory goes on being there. Who claims what overlaps a retired
 * range, or what there is no memory for while ranges are retired, is answered when these have ended. Thread-safe; the
 * driver is called by workers, since it may wait for the device, and no lock is held meanwhile.
 */
final class GpuMemory {
    private static final Runnable NOTHING = () -> {};

    private final Claims claims = new Claims();
    private final Chunks chunks;
    private final List<Waiting> waiting = new ArrayList<>();
    private final Workers workers;

    GpuMemory(CudaDriver driver, Current current, Workers workers) {
        this.chunks = new Chunks(driver, current);
        this.workers = workers;
    }

    /** Who is to be answered when there is memory behind a claim. */
    private record Waiting(Claim claim, LowerHalf.Reply reply) {}

    /** What is free for those who ask, being told what the driver has. */
    synchronized long freeBytes(int device, long driverFree) {
        return Math.max(0, driverFree + chunks.bytes(device) - claims.slabBytes(device));
    }

    /**
     * Makes a range live and answers, be it later.
     *
     * @throws RefusedException if it is no range, or overlaps another one
     */
    void map(long address, long bytes, GpuContext context, LowerHalf.Reply reply) throws RefusedException {
        Waiting now;
        synchronized (this) {
            now = new Waiting(claims.add(address, bytes, context), reply);
        }
        advance(now).run();
    }

    /**
     * Claims the lowest slabs from an address on that no range touches, makes them live and answers, be it later.
     *
     * @return where the range begins
     */
    long mapFrom(long from, long bytes, GpuContext context, LowerHalf.Reply reply) throws RefusedException {
        Waiting now;
        synchronized (this) {
            now = new Waiting(claims.add(claims.lowestFree(from, bytes), bytes, context), reply);
        }
        advance(now).run();
        return now.claim.address;
    }

    /** Does for somebody who waits what can be done now; returns the answer, if there is one already. */
    private Runnable advance(Waiting now) {
        List<Chunk> missing;
        synchronized (this) {
            if (!claims.has(now.claim)) {
                return () -> now.reply.failed(CudaResult.CONTEXT_IS_DESTROYED);
            }
            try {
                Optional<List<Chunk>> plan = claims.isAnyRetired(now.claim.address, now.claim.bytes)
                        ? Optional.empty()
                        : chunks.plan(now.claim.address, now.claim.bytes, now.claim.context.device);
                if (plan.isEmpty()) {
                    waiting.add(now);
                    return NOTHING;
                }
                missing = plan.get();
            } catch (RefusedException e) {
                return refusal(now, e.code(), e.getMessage());
            }
        }
        if (missing.isEmpty()) {
            return () -> now.reply.done(Call.Done.DONE);
        }
        workers.execute("making of memory", () -> make(now, missing));
        return NOTHING;
    }

    private Runnable make(Waiting now, List<Chunk> missing) {
        try {
            chunks.make(missing);
        } catch (RefusedException e) {
            return failed(now, missing, e.code(), e.getMessage());
        } catch (DriverException e) {
            now.claim.context.met(e);
            return failed(now, missing, e.code(), e.getMessage());
        }
        synchronized (this) {
            chunks.arrived(missing);
        }
        Runnable answer = advance(now);
        endUnused(List.of(now.claim.range())); // Where the claim was taken away meanwhile.
        return answer;
    }

    private Runnable failed(Waiting now, List<Chunk> missing, int code, @Nullable String why) {
        synchronized (this) {
            chunks.forget(missing);
            notifyAll();
            if (code == CudaResult.OUT_OF_MEMORY) {
                List<Chunk> idle = chunks.endIdle(now.claim.context.device);
                if (!idle.isEmpty() || claims.isAnythingRetired() || chunks.isAnythingChanging()) {
                    waiting.add(now); // Until that has ended.
                    return () -> unmap(idle);
                }
            }
        }
        Runnable answer = refusal(now, code, why);
        endUnused(List.of(now.claim.range()));
        return answer;
    }

    /** Takes a claim back that there is no memory for. */
    private Runnable refusal(Waiting refused, int code, @Nullable String why) {
        System.getLogger("dev.cryo.device").log(System.Logger.Level.DEBUG, "{0} are refused, CUDA error {1}: {2}",
                range(refused.claim.address, refused.claim.bytes), Integer.toString(code), String.valueOf(why));
        synchronized (this) {
            if (claims.has(refused.claim)) {
                claims.remove(refused.claim);
            }
        }
        return () -> refused.reply.failed(code);
    }

    /**
     * The context of the claimed range that begins at an address.
     *
     * @throws RefusedException if there is none
     */
    synchronized GpuContext owner(long address) throws RefusedException {
        return claims.at(address).context;
    }

    /**
     * Takes the claim away from the range that begins at an address. {@link #end} must follow when the work has ended
     * that may use it.
     *
     * @throws RefusedException if there is none
     */
    synchronized LowerHalf.Range retire(long address) throws RefusedException {
        return claims.retire(claims.at(address));
    }

    /** Takes all claims of a context away, as {@link #retire(long)} does. */
    synchronized List<LowerHalf.Range> retireAll(GpuContext context) {
        return claims.retireAll(context);
    }

    /** Ends retired ranges, and answers those who waited for that, be it later. */
    void end(List<LowerHalf.Range> ranges) {
        synchronized (this) {
            ranges.forEach(claims::end);
        }
        endUnused(ranges);
    }

    /** Gives back what is kept of a device's memory for later. */
    void endIdle(int device) {
        List<Chunk> idle;
        synchronized (this) {
            idle = chunks.endIdle(device);
        }
        unmap(idle);
    }

    private void endUnused(List<LowerHalf.Range> ranges) {
        List<Chunk> unused = new ArrayList<>();
        synchronized (this) {
            for (LowerHalf.Range range : ranges) {
                unused.addAll(chunks.endUnused(
                        range.address(), range.bytes(), chunk -> claims.isUsed(chunk.address, chunk.bytes)));
            }
        }
        if (unused.isEmpty()) {
            advanceAll(List.of()).run();
        } else {
            unmap(unused);
        }
    }

    private void unmap(List<Chunk> ending) {
        if (!ending.isEmpty()) {
            workers.execute("end of memory", () -> {
                ending.forEach(chunks::unmap);
                return advanceAll(ending);
            });
        }
    }

    /** Does for all who wait what can be done now that chunks are gone; returns the answers that there are. */
    private Runnable advanceAll(List<Chunk> gone) {
        List<Waiting> ready;
        synchronized (this) {
            chunks.forget(gone);
            ready = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        List<Runnable> answers = ready.stream().map(this::advance).toList();
        return () -> answers.forEach(Runnable::run);
    }

    /** Whether the driver is making or ending memory. */
    synchronized boolean isChanging() {
        return chunks.isAnythingChanging();
    }

    /** Waits until the driver is not. */
    synchronized void awaitUnchanging() {
        boolean interrupted = false;
        while (chunks.isAnythingChanging()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether all of {@code [address, address + bytes)} lies in claimed ranges, be they several. */
    synchronized boolean isCovered(long address, long bytes) {
        return claims.isCovered(address, bytes);
    }

    /** The context of the claim that a range begins in, if all of the range is claimed; else null. */
    synchronized @Nullable GpuContext ownerOf(long address, long bytes) {
        return claims.isCovered(address, bytes) ? claims.around(address) : null;
    }

    /** The claimed ranges of a device, ascending, adjacent ones joined. */
    synchronized List<LowerHalf.Range> ranges(int device) {
        return claims.ranges(device);
    }

    /** Gives back all memory and all addresses. */
    synchronized void close() {
        chunks.close();
    }

    static String range(long address, long bytes) {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
