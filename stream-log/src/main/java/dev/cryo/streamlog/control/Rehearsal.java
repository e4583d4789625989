package dev.cryo.streamlog.control;

import dev.cryo.streamlog.control.ControlMessage.Capture;
import dev.cryo.streamlog.control.ControlMessage.Captured;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Drain;
import dev.cryo.streamlog.control.ControlMessage.Gate;
import dev.cryo.streamlog.control.ControlMessage.Gated;
import dev.cryo.streamlog.control.ControlMessage.Resume;
import dev.cryo.streamlog.control.ControlMessage.Running;
import dev.cryo.streamlog.control.ControlMessage.Suspend;
import dev.cryo.streamlog.control.ControlMessage.Suspended;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Does once what a checkpoint does, while nobody stands still for it: at the first time a JVM loads, generates and
 * links, which takes several times as long as what is to be done.
 */
public final class Rehearsal {
    /** What is said while an application stands still. */
    static final List<ControlMessage> SAID = List.of(
            new Gate(0),
            new Gated(new byte[0], 0),
            new Drain(0),
            new Capture(true),
            new Captured(0),
            new Suspend(),
            new Suspended(),
            new Resume(""),
            new Running(),
            new Done());

    private static final long SOON_NANOS = 300_000_000;

    private Rehearsal() {}

    /**
     * Begins it soon, on a thread of its own: a job that has just started or come back needs the processors itself. Not
     * with a low priority: a checkpoint that comes meanwhile waits for what is being loaded and linked.
     *
     * @param ownPart of this process in a checkpoint; must leave everything as it is
     */
    public static void start(Runnable ownPart) {
        Thread.ofPlatform().name("cryo-rehearsal").daemon().start(() -> {
            LockSupport.parkNanos(SOON_NANOS);
            rehearse(ownPart);
        });
    }

    private static void rehearse(Runnable ownPart) {
        try {
            for (ControlMessage message : SAID) {
                ControlMessage unused = exchange(message);
            }
            ownPart.run();
        } catch (RuntimeException | Error e) {
            // Such as for want of memory. An uncaught one may end the process.
            System.getLogger("dev.cryo.rehearsal").log(System.Logger.Level.DEBUG, "a first checkpoint takes longer", e);
        }
    }

    /** Says a message and hears it. */
    static ControlMessage exchange(ControlMessage message) {
        ByteBuffer frame = ControlFrames.encode(message);
        byte[] content = new byte[frame.getInt(0)];
        frame.get(Integer.BYTES, content);
        return ControlFrames.decode(content);
    }
}
