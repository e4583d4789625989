package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.LowerHalfSession;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.streamlog.log.StreamLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A device that is taken through checkpoints and restarts, with a log as an upper half keeps it. */
public final class SessionRig implements AutoCloseable {
    /** A non-blocking stream of the context. */
    public static final long STREAM = 10;

    private static final ControlMessage.Attach ATTACH = new ControlMessage.Attach(0, -1, 0);

    private final ImageStore store;
    private final StreamLog log = new StreamLog();
    private DeviceRig rig;
    private LowerHalfSession session;

    /** A device with a context and a stream; images go to a folder. */
    public SessionRig(UnifiedDevice device, Path folder) throws Exception {
        store = ImageStore.in(folder.resolve("images"));
        rig = new DeviceRig(device);
        session = session(rig);
        attach();
        run(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
        run(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, 1, 0));
    }

    private static LowerHalfSession session(DeviceRig rig) {
        rig.device.detach();
        return new LowerHalfSession(rig.device, (request, lowerHalf) -> {
            lowerHalf.attach(rig);
            return lowerHalf::detach;
        });
    }

    /** The present device. */
    public DeviceRig rig() {
        return rig;
    }

    /** The log so far. */
    public StreamLog log() {
        return log;
    }

    /** Executes a call and logs it, as an upper half does. */
    public void run(Call call) {
        assertThat(rig.code(call)).as(call.toString()).isEqualTo(CudaResult.SUCCESS);
        log.append(call);
    }

    /** Makes a request of the session. */
    public ControlMessage handle(ControlMessage request) {
        return session.handle(request);
    }

    /** Makes a request that must be answered by Done. */
    public void expectDone(ControlMessage request) {
        assertThat(session.handle(request)).isEqualTo(new ControlMessage.Done());
    }

    /** Takes a checkpoint; returns the image's folder. */
    public Path checkpoint(boolean pageLocked, Runnable whileCaptured) throws Exception {
        expectDone(new ControlMessage.Drain(10_000));
        assertThat(session.handle(new ControlMessage.Capture(pageLocked))).isInstanceOf(ControlMessage.Captured.class);
        byte[] encodedLog = LogCodec.encode(log.calls());
        attach();
        whileCaptured.run();
        try (ImageWriter image = store.begin()) {
            ControlMessage answer = session.handle(
                    new ControlMessage.Persist(image.folder().toString(), 1, false, new byte[0], List.of()));
            assertThat(answer).isInstanceOf(ControlMessage.Persisted.class);
            image.add(((ControlMessage.Persisted) answer).sections());
            try (SectionWriter host = image.sections("host")) {
                host.bytes(Section.LOG, encodedLog);
                image.add(host.finish());
            }
            image.commit(new JobInfo("job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP,
                    List.of("java"), List.of(), "/", List.of()));
            return store.folder(image.number());
        }
    }

    /** Closes the present device and goes on with a fresh one, which has no objects yet. */
    public void replace(UnifiedDevice device) throws IOException {
        close();
        rig = new DeviceRig(device);
        session = session(rig);
    }

    /** Closes the present device and goes on with another one, restored from an image. */
    public void restore(Path image, UnifiedDevice device, boolean deferred) throws IOException {
        replace(device);
        expectDone(new ControlMessage.Restore(image.toString(), deferred, new byte[0]));
        attach();
    }

    /** Gives the device the upper half's memory. */
    public void attach() {
        expectDone(ATTACH);
    }

    @Override
    public void close() throws IOException {
        session.close();
        rig.close();
    }
}
