package dev.cryo.proxy.supervisor;

import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.uvm.Policy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a job was launched with; kept in its folder, so that a restart needs nothing but the job's name.
 *
 * @param command the application's program and arguments, as the user gave them
 * @param environment the whole environment of {@code launch}
 * @param workingDirectory absolute
 * @param engine what saves the device; split if it is not told
 * @param capture where a GPU's memory is kept while an image is written; AUTO if it is not told
 * @param inProcess whether the lower half runs in the application's JVM
 * @param intervalMillis time between periodic checkpoints; 0 for none
 * @param closeTcp whether connected TCP sockets are closed by a restart, instead of refused at the checkpoint
 * @param keepLog whether the stream log is kept; without it there is no checkpoint
 * @param portableCpu whether only instructions are used that other processors have
 * @param unifiedMemory how unified memory is kept in step; pages if it is not told
 * @param images how images are written; as {@link ImageSettings#ORDINARY} if it is not told
 * @param timeoutMillis how long the application's work may take to come to rest at a checkpoint
 */
public record JobSettings(
        List<String> command,
        Map<String, String> environment,
        String workingDirectory,
        Engine engine,
        Device device,
        CaptureMethod capture,
        Host host,
        boolean inProcess,
        long intervalMillis,
        OnFailure onFailure,
        boolean closeTcp,
        boolean keepLog,
        boolean portableCpu,
        Policy unifiedMemory,
        ImageSettings images,
        long timeoutMillis) {

    /** With copies of the collections. */
    @SuppressWarnings("NullAway") // A job of an earlier version tells no engine, method or image settings.
    public JobSettings {
        engine = engine == null ? Engine.SPLIT : engine;
        images = images == null ? ImageSettings.ORDINARY : images;
        capture = capture == null ? CaptureMethod.AUTO : capture;
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /** What saves the device and brings it back. */
    public enum Engine {
        /** The application is split: its CUDA calls go to a lower half, which is built anew. */
        SPLIT,
        /** The driver's own process checkpoint, from outside; the application is left as it is. */
        DRIVER
    }

    /** What executes CUDA calls. */
    public enum Device {
        /** The processor, through PTX. */
        PTX,
        /** An NVIDIA GPU. */
        NVIDIA
    }

    /** How host state is saved. */
    public enum Host {
        /** The whole process, by CRIU. */
        CRIU,
        /** By the application itself, through org.crac. */
        APP
    }

    /** What happens when the application is killed or the proxy is lost. */
    public enum OnFailure {
        /** The job ends. */
        STOP,
        /** The job comes back from its last image. */
        RESTART
    }

    /** Whether the lower half is a process of its own. */
    boolean hasProxy() {
        return engine == Engine.SPLIT && !inProcess;
    }

    /** The device as a proxy or an agent is told of it: its kind, and an option behind a colon or none. */
    String deviceArgument() {
        String kind = device.name().toLowerCase(Locale.ROOT);
        return device == Device.PTX || capture == CaptureMethod.AUTO
                ? kind
                : kind + ":" + capture.name().toLowerCase(Locale.ROOT);
    }

    /** Whether another job's blocks can be this one's: it is of the same group, and writes them in the same form. */
    boolean sharesWith(JobSettings other) {
        return images.sharesWith() != null
                && images.sharesWith().equals(other.images.sharesWith())
                && images.compress() == other.images.compress()
                && images.key().isPresent() == other.images.key().isPresent()
                && inProcess == other.inProcess;
    }

    /** The same with another source of the images' key. */
    public JobSettings with(KeySource key) {
        return withImages(images.with(key));
    }

    /** The same with images in another store, or in none. */
    public JobSettings withStore(@Nullable String store) {
        return withImages(images.with(store));
    }

    private JobSettings withImages(ImageSettings newImages) {
        return new JobSettings(
                command,
                environment,
                workingDirectory,
                engine,
                device,
                capture,
                host,
                inProcess,
                intervalMillis,
                onFailure,
                closeTcp,
                keepLog,
                portableCpu,
                unifiedMemory,
                newImages,
                timeoutMillis);
    }

    /** The same with another device, another interval and another reaction to failures. */
    public JobSettings with(Device newDevice, long newIntervalMillis, OnFailure newOnFailure) {
        return new JobSettings(
                command,
                environment,
                workingDirectory,
                engine,
                newDevice,
                capture,
                host,
                inProcess,
                newIntervalMillis,
                newOnFailure,
                closeTcp,
                keepLog,
                portableCpu,
                unifiedMemory,
                images,
                timeoutMillis);
    }
}
