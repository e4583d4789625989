package dev.cryo.proxy.supervisor;

import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.proxy.supervisor.JobSettings.Host;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.JobInfo.Arrangement;
import dev.cryo.streamlog.image.JobInfo.HostMode;
import dev.cryo.uvm.Policy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a job's settings are kept in its images, so that an old image restarts as it was launched. */
final class ImagedJob {
    /** Property of an image: what saved the device; split if there is none. */
    static final String ENGINE = "engine";

    private static final String INTERVAL = "intervalMillis";
    private static final String ON_FAILURE = "onFailure";
    private static final String CLOSE_TCP = "closeTcp";
    private static final String PORTABLE_CPU = "portableCpu";
    private static final String UNIFIED_MEMORY = "unifiedMemory";
    private static final String CAPTURE = "capture";
    private static final String WRITER_THREADS = "writerThreads";
    private static final String COMPRESS = "compress";
    private static final String KEEP = "keep";
    private static final String STORE = "store";
    private static final String SHARES_WITH = "sharesWith";
    private static final String TIMEOUT = "timeoutMillis";

    private ImagedJob() {}

    static JobInfo of(String name, JobSettings settings) {
        List<JobInfo.Property> optional = new ArrayList<>();
        add(optional, STORE, settings.images().store());
        add(optional, SHARES_WITH, settings.images().sharesWith());
        JobInfo job = new JobInfo(
                name,
                version(),
                settings.inProcess() ? Arrangement.IN_PROCESS : Arrangement.PROXY,
                lower(settings.device()),
                settings.host() == Host.CRIU ? HostMode.CRIU : HostMode.APP,
                settings.command(),
                settings.environment().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .sorted()
                        .toList(),
                settings.workingDirectory(),
                List.of(
                        new JobInfo.Property(ENGINE, lower(settings.engine())),
                        new JobInfo.Property(INTERVAL, Long.toString(settings.intervalMillis())),
                        new JobInfo.Property(ON_FAILURE, settings.onFailure().name()),
                        new JobInfo.Property(CLOSE_TCP, Boolean.toString(settings.closeTcp())),
                        new JobInfo.Property(PORTABLE_CPU, Boolean.toString(settings.portableCpu())),
                        new JobInfo.Property(UNIFIED_MEMORY, settings.unifiedMemory().name()),
                        new JobInfo.Property(CAPTURE, settings.capture().name()),
                        new JobInfo.Property(WRITER_THREADS, Integer.toString(settings.images().writerThreads())),
                        new JobInfo.Property(COMPRESS, Boolean.toString(settings.images().compress())),
                        new JobInfo.Property(KEEP, Integer.toString(settings.images().keep())),
                        new JobInfo.Property(TIMEOUT, Long.toString(settings.timeoutMillis()))));
        return job.with(optional);
    }

    private static void add(List<JobInfo.Property> to, String name, @Nullable String value) {
        if (value != null) {
            to.add(new JobInfo.Property(name, value));
        }
    }

    /**
     * The settings that an image was taken with.
     *
     * @throws JobException if the image does not tell them, or asks for what this version does not have
     */
    static JobSettings settings(JobInfo job) throws JobException {
        try {
            return new JobSettings(
                    job.commandLine(),
                    environment(job.environment()),
                    job.workingDirectory(),
                    Engine.valueOf(job.property(ENGINE).orElse(lower(Engine.SPLIT)).toUpperCase(Locale.ROOT)),
                    Device.valueOf(job.device().toUpperCase(Locale.ROOT)),
                    CaptureMethod.valueOf(job.property(CAPTURE).orElse(CaptureMethod.AUTO.name())),
                    job.host() == HostMode.CRIU ? Host.CRIU : Host.APP,
                    job.arrangement() == Arrangement.IN_PROCESS,
                    Long.parseLong(property(job, INTERVAL)),
                    OnFailure.valueOf(property(job, ON_FAILURE)),
                    Boolean.parseBoolean(property(job, CLOSE_TCP)),
                    true,
                    Boolean.parseBoolean(property(job, PORTABLE_CPU)),
                    Policy.valueOf(job.property(UNIFIED_MEMORY).orElse(Policy.PAGES.name())),
                    images(job),
                    Long.parseLong(property(job, TIMEOUT)));
        } catch (IllegalArgumentException e) {
            throw new JobException(
                    Kind.IMAGE, "the image does not tell how its job was launched: " + e.getMessage(), e);
        }
    }

    /** Whether an image is of a job whose device the driver saves, so that it has neither a log nor a device. */
    static boolean isByDriver(JobInfo job) {
        return job.property(ENGINE).filter(lower(Engine.DRIVER)::equals).isPresent();
    }

    private static ImageSettings images(JobInfo job) {
        return new ImageSettings(
                job.property(WRITER_THREADS).map(Integer::valueOf).orElse(ImageSettings.ORDINARY.writerThreads()),
                job.property(COMPRESS).map(Boolean::valueOf).orElse(ImageSettings.ORDINARY.compress()),
                job.property(KEEP).map(Integer::valueOf).orElse(ImageSettings.ORDINARY.keep()),
                job.property(STORE).orElse(null),
                KeySource.NONE,
                job.property(SHARES_WITH).orElse(null));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String property(JobInfo job, String name) {
        return job.property(name).orElseThrow(() -> new IllegalArgumentException("no property " + name));
    }

    private static Map<String, String> environment(List<String> entries) {
        Map<String, String> environment = new HashMap<>();
        for (String entry : entries) {
            int equals = entry.indexOf('=', 1);
            if (equals > 0) {
                environment.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return environment;
    }

    private static String version() {
        return Optional.ofNullable(ImagedJob.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
