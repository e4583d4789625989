package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.StandardStreams;
import java.io.IOException;
import java.time.Duration;

/**
 * The standard streams of an application, from its pipes to the terminal of its supervisor and back. For one run.
 * Thread-safe.
 */
final class JobStreams implements AutoCloseable {
    /** How long the pipes must have been empty before what is left is given up. */
    private static final Duration QUIET = Duration.ofSeconds(1);

    private static final Duration SAYING = Duration.ofSeconds(1);

    private final Site site;
    private final StandardStreams pipes;
    private final OutputPump output;
    private final OutputPump error;

    private JobStreams(Site site, StandardStreams pipes) {
        this.site = site;
        this.pipes = pipes;
        this.output = new OutputPump("stdout", pipes.output(), site.terminal().output());
        this.error = new OutputPump("stderr", pipes.error(), site.terminal().error());
    }

    /** Makes the pipes in the job's folder, and passes on what is written to them. */
    static JobStreams create(Site site) throws IOException {
        return new JobStreams(site, StandardStreams.create(site.folder().path()));
    }

    /** The pipes, which stay this object's to close. */
    StandardStreams pipes() {
        return pipes;
    }

    /** Passes input on, which an application is there to read. */
    void connectInput() {
        site.input().connect(pipes);
    }

    /** Keeps input for the next run. */
    void disconnectInput() {
        site.input().disconnect();
    }

    /** Gives up what is left of the output. */
    void abandonOutput() {
        output.abandon();
        error.abandon();
    }

    /** The application has ended: passes on what it has written last, as long as somebody reads. */
    void finish() throws IOException, InterruptedException {
        pipes.applicationEnded();
        boolean all = output.finish(QUIET) & error.finish(QUIET);
        if (!all) {
            tellLoss();
        }
    }

    /** The one who does not read the output may be the one who would read this. */
    private void tellLoss() throws InterruptedException {
        Thread.ofVirtual()
                .start(() -> site.messages().say("nobody has read the end of the application's output: it is lost"))
                .join(SAYING);
    }

    @Override
    public void close() throws IOException {
        pipes.close();
    }
}
