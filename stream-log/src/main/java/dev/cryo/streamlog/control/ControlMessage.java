package dev.cryo.streamlog.control;

import dev.cryo.streamlog.codec.Opcode;
import java.util.List;
import dev.cryo.streamlog.codec.Vocabulary;

/** A message between the supervisor and a half of its job. */
public sealed interface ControlMessage {
    /** All messages by opcode. */
    Vocabulary<ControlMessage> VOCABULARY = Vocabulary.of(ControlMessage.class);

    /** What connects to the supervisor. */
    enum Role {
        /** The agent in the application's JVM, its lower half in a proxy. */
        APPLICATION,
        /** The agent in the application's JVM that holds its lower half itself. */
        APPLICATION_IN_PROCESS,
        /** The proxy. */
        PROXY,
        /** A command of the command line; it is not part of the job. */
        COMMAND
    }

    /** How an application comes to be running. */
    enum Outcome {
        /** It has just been started. */
        STARTED,
        /** It goes on after a checkpoint. */
        CONTINUED,
        /** It was restored from an image. */
        RESTORED
    }

    // From a half, on connecting

    /**
     * The first message of every connection.
     *
     * @param pid the process's id in its own PID namespace
     * @param javaVersion its feature version
     * @param ringDescriptor file descriptor of the shared memory, in the application's process; -1 for none
     * @param ringBytes size of the shared memory
     */
    @Opcode(1)
    record Hello(Role role, long pid, int javaVersion, int ringDescriptor, long ringBytes) implements ControlMessage {}

    /**
     * Answers {@link Hello} of an application once its lower half can be called.
     *
     * @param log the encoded stream log from which the upper half is to rebuild its tables; empty where its own memory
     *     was restored or there is nothing to rebuild
     */
    @Opcode(2)
    record Welcome(Outcome outcome, byte[] log) implements ControlMessage {}

    // To the application, around a checkpoint

    /** Asks to call the org.crac resources, close the gate and wait until nothing is under way. */
    @Opcode(10)
    record Gate(long timeoutMillis) implements ControlMessage {}

    /**
     * Answers {@link Gate}: nothing is under way.
     *
     * @param log the pruned log, encoded by {@code LogCodec}
     * @param resources how many org.crac resources were called
     */
    @Opcode(11)
    record Gated(byte[] log, int resources) implements ControlMessage {}

    /**
     * Asks to make the process ready for a host dump: to answer {@link Suspended}, close the connection, and connect
     * anew
     * until it is answered.
     */
    @Opcode(12)
    record Suspend() implements ControlMessage {}

    /** Answers {@link Suspend}, the last message of a connection. */
    @Opcode(13)
    record Suspended() implements ControlMessage {}

    /**
     * Asks to open the gate again, on the same connection, and call the resources; answered by {@link Running}.
     *
     * @param failure why the checkpoint failed; empty if it did not
     */
    @Opcode(14)
    record Resume(String failure) implements ControlMessage {
        /** After a checkpoint that did not fail. */
        public Resume() {
            this("");
        }
    }

    /**
     * Tells that the gate is open: after {@link Resume}, and after a {@link Welcome} that followed a {@link Suspend}.
     */
    @Opcode(15)
    record Running() implements ControlMessage {}

    /** Tells that the lower half is gone and does not come back; not answered. */
    @Opcode(16)
    record LowerHalfLost(String why) implements ControlMessage {}

    /**
     * Tells that the application itself asks for a checkpoint; answered by {@link Gate} soon, or by {@link Failed} if
     * none can be taken.
     */
    @Opcode(17)
    record CheckpointWanted() implements ControlMessage {}

    /**
     * Asks a new process that stands for one that was not restored itself, between its {@link Hello} and its {@link
     * Welcome}, to map the page-locked memory of the log, so that the lower half can map it too at {@link Attach};
     * answered by {@link Done}.
     */
    @Opcode(18)
    record Adopt(byte[] log) implements ControlMessage {}

    // To what holds the lower half

    /** Asks to map the application's shared memory and to serve its calls; answered by {@link Done}. */
    @Opcode(20)
    record Attach(long applicationPid, int ringDescriptor, long ringBytes) implements ControlMessage {}

    /** Asks to wait until the device has ended its work; answered by {@link Done}. */
    @Opcode(21)
    record Drain(long timeoutMillis) implements ControlMessage {}

    /**
     * Asks to make the device's contents immutable and to give up the application's shared memory; answered by {@link
     * Captured}.
     *
     * @param pageLocked whether to capture page-locked host memory too, where the host dump does not
     */
    @Opcode(22)
    record Capture(boolean pageLocked) implements ControlMessage {}

    /** Answers {@link Capture}: the size of the live device memory. */
    @Opcode(23)
    record Captured(long bytes) implements ControlMessage {}

    /**
     * Asks to write what was captured to the device section of an image that is being written; answered by {@link
     * Persisted}, while other requests are served.
     *
     * @param key what the section is to be encrypted with; empty for none
     * @param peers the folders of other jobs' images, of which blocks are referred to instead of being written
     */
    @Opcode(24)
    record Persist(String imageFolder, int threads, boolean compress, byte[] key, List<String> peers)
            implements ControlMessage {
        /** With a copy of the list. */
        public Persist {
            peers = List.copyOf(peers);
        }
    }

    /** Answers {@link Persist}: the encoded descriptions of the sections that were written and synced. */
    @Opcode(25)
    record Persisted(byte[] sections) implements ControlMessage {}

    /** Asks to give up what was captured; answered by {@link Done}. */
    @Opcode(26)
    record Discard() implements ControlMessage {}

    /**
     * Asks to replay the log of an image and to load its device contents; answered by {@link Done}.
     *
     * @param deferred whether contents may be read, and checked, when they are used first
     * @param key what the image is encrypted with; empty for none
     */
    @Opcode(27)
    record Restore(String imageFolder, boolean deferred, byte[] key) implements ControlMessage {}

    // From what holds the lower half

    /**
     * Tells that contents which a restart has left in the image cannot be read from there: the job cannot go on. Not
     * answered; who tells it does nothing more.
     */
    @Opcode(28)
    record ContentsLost(String why) implements ControlMessage {}

    // Both ways

    /** Answers a request that has nothing to tell. */
    @Opcode(30)
    record Done() implements ControlMessage {}

    /** Answers a request that failed and left everything as it was. */
    @Opcode(31)
    record Failed(String message) implements ControlMessage {}

    // From a command to the supervisor

    /**
     * Asks to take a checkpoint; answered by {@link CheckpointTaken}.
     *
     * @param timeoutMillis how long the application's work may take to come to rest; 0 for the job's own setting
     * @param thenEnd whether to end the job once the image is complete, instead of letting it go on
     * @param waits whether to wait for the end of one that is under way, instead of failing
     * @param uploadMillis how long to wait for the image to be in the job's store, if it has one
     */
    @Opcode(40)
    record TakeCheckpoint(long timeoutMillis, boolean thenEnd, boolean waits, long uploadMillis)
            implements ControlMessage {
        /** Without waiting for an upload, but at the end of a job. */
        public TakeCheckpoint(long timeoutMillis, boolean thenEnd, boolean waits) {
            this(timeoutMillis, thenEnd, waits, 0);
        }
    }

    /**
     * Answers {@link TakeCheckpoint}: the image is complete.
     *
     * @param image its number
     * @param bytes its size
     * @param pauseNanos how long the application stood still
     * @param totalNanos from the request to the complete image
     * @param notUploaded why the job's store does not have it; empty if it has, or there is none
     */
    @Opcode(41)
    record CheckpointTaken(long image, long bytes, long pauseNanos, long totalNanos, String notUploaded)
            implements ControlMessage {}

    /** Asks to end the job without a checkpoint; answered by {@link Done}. */
    @Opcode(42)
    record EndJob() implements ControlMessage {}
}
