package dev.cryo.lower;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Builds a fresh lower half from an image: its log's calls, every answer checked, then the contents. A lower half that
 * answers otherwise than the one that was captured is refused, naming the object: what is in the application's hands
 * would no longer be true.
 */
final class Replay {
    private static final Duration CALL_TIMEOUT = Duration.ofMinutes(2);

    private final LowerHalf lowerHalf;
    private final List<Call.CtxCreate> contexts = new ArrayList<>();
    private final List<LowerHalf.Range> memory = new ArrayList<>();

    private Replay(LowerHalf lowerHalf) {
        this.lowerHalf = lowerHalf;
    }

    /** Takes over an image's contents, to be loaded later. */
    @FunctionalInterface
    interface Deferral {
        /** False if they have to be loaded at once. */
        boolean take() throws IOException;
    }

    /**
     * Builds a lower half that has no objects yet.
     *
     * @param deferral is asked once all memory is there and before anything is written to it
     * @throws IOException if the image is damaged or the lower half refuses a call; it has no objects then
     */
    static void of(ImageReader image, LowerHalf lowerHalf, Deferral deferral)
            throws IOException, InterruptedException {
        List<Call> log = image.log();
        LowerHalf.DeviceState state = image.record(Section.DEVICE_STATE, LowerHalf.DeviceState.class);
        Replay replay = new Replay(lowerHalf);
        try {
            for (Call call : log) {
                replay.execute(call);
            }
            replay.checkRanges(image.section(Section.DEVICE).ranges());
            if (!deferral.take()) {
                image.readMemory(Section.DEVICE, replay.new Contents());
            }
            lowerHalf.restore(state);
        } catch (IOException | RuntimeException | InterruptedException e) {
            replay.undo(e);
            throw e;
        }
    }

    private void execute(Call call) throws IOException, InterruptedException {
        Record answer = answer(call);
        if (call instanceof Call.CtxCreate context) {
            contexts.add(context);
        }
        if (call instanceof Call.MemMap map) {
            memory.add(new LowerHalf.Range(map.address(), map.bytes()));
        }
        if (call instanceof Call.ManagedAlloc map) {
            memory.add(new LowerHalf.Range(map.address(), map.mappedBytes()));
        }
        if (call instanceof Call.ModuleLoad load && answer instanceof Call.ModuleLoad.Result result) {
            check(load, result);
        }
        if (call instanceof Call.ModuleLoadManaged load && answer instanceof Call.ModuleLoad.Result result) {
            check(load.plain(), result);
        }
    }

    private void check(Call.ModuleLoad load, Call.ModuleLoad.Result result) throws IOException {
        if (result.globalsAt() != load.globalsAt()) {
            throw new IOException("the globals of module 0x%x lie at 0x%x on this device, but were at 0x%x"
                    .formatted(load.module(), result.globalsAt(), load.globalsAt()));
        }
        if (result.globalsBytes() != load.globalsBytes()) {
            throw new IOException("module 0x%x has %d bytes of globals on this device, but had %d"
                    .formatted(load.module(), result.globalsBytes(), load.globalsBytes()));
        }
        if (result.globalsBytes() > 0) {
            memory.add(new LowerHalf.Range(result.globalsAt(), result.globalsBytes()));
        }
    }

    private Record answer(Call call) throws IOException, InterruptedException {
        CompletableFuture<Record> answer = new CompletableFuture<>();
        lowerHalf.execute(call, new LowerHalf.Reply() {
            @Override
            public void done(Record result) {
                answer.complete(result);
            }

            @Override
            public void failed(int code) {
                answer.completeExceptionally(
                        new IOException("this device refuses " + words(call) + ": CUDA error " + code));
            }
        });
        try {
            return answer.get(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException refused ? refused : new IOException(e);
        } catch (TimeoutException e) {
            throw new IOException("this device does not answer " + words(call), e);
        }
    }

    private static String words(Call call) {
        return switch (call) {
            case Call.ModuleLoad load -> "module 0x%x (%d bytes of PTX)".formatted(load.module(), load.image().length);
            case Call.ModuleLoadManaged load -> words(load.plain());
            case Call.FunctionGet get -> "kernel %s of module 0x%x".formatted(get.name(), get.module());
            case Call.MemMap map -> "%d bytes of memory at 0x%x".formatted(map.bytes(), map.address());
            case Call.ManagedAlloc map ->
                "%d bytes of unified memory at 0x%x".formatted(map.bytes(), map.address());
            default -> call.toString();
        };
    }

    /** Checks that the image has the contents of all memory that was replayed and of no other. */
    private void checkRanges(List<LowerHalf.Range> saved) throws IOException {
        List<LowerHalf.Range> expected = joined(memory);
        List<LowerHalf.Range> found = joined(saved);
        for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
            String here = i < expected.size() ? words(expected.get(i)) : "no more memory";
            String there = i < found.size() ? words(found.get(i)) : "no more memory";
            if (!here.equals(there)) {
                throw new IOException("the image's log makes " + here + " where it has contents of " + there);
            }
        }
    }

    private static String words(LowerHalf.Range range) {
        return range.bytes() + " bytes at 0x" + Long.toHexString(range.address());
    }

    private static List<LowerHalf.Range> joined(List<LowerHalf.Range> ranges) {
        List<LowerHalf.Range> joined = new ArrayList<>();
        for (LowerHalf.Range range : ranges.stream()
                .sorted(Comparator.comparingLong(LowerHalf.Range::address))
                .toList()) {
            LowerHalf.Range last = joined.isEmpty() ? range : joined.getLast();
            if (last.address() + last.bytes() == range.address()) {
                joined.set(joined.size() - 1, new LowerHalf.Range(last.address(), last.bytes() + range.bytes()));
            } else {
                joined.add(range);
            }
        }
        return joined;
    }

    private void undo(Exception cause) {
        for (Call.CtxCreate context : contexts) {
            lowerHalf.execute(new Call.CtxDestroy(context.context()), new LowerHalf.Reply() {
                @Override
                public void done(Record result) {
                    // As it should be.
                }

                @Override
                public void failed(int code) {
                    cause.addSuppressed(new IOException("context 0x" + Long.toHexString(context.context())
                            + " is not destroyed: CUDA error " + code));
                }
            });
        }
        try {
            lowerHalf.drain(CALL_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes the image's memory into the device's. */
    private final class Contents implements ImageReader.MemorySink {
        @Override
        public void write(long address, MemorySegment contents) {
            lowerHalf.write(address, contents);
        }

        @Override
        public void writeZeros(long address, long bytes) {
            lowerHalf.writeZeros(address, bytes);
        }
    }
}
