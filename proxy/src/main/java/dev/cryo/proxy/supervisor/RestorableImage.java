package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostSections;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.JobInfo.HostMode;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.util.List;

/** What an image must have so that a restart can begin with it, beside bytes that are as they were written. */
public final class RestorableImage {
    private RestorableImage() {}

    /**
     * Makes sure that an image tells how its job was launched, and has all sections that the lower half and CRIU need.
     * The bytes that are read for it are checked as every read checks them.
     *
     * @throws ImageException if it has not, naming what is missing
     */
    public static void require(ImageReader image) throws IOException {
        JobInfo job = image.manifest().job();
        requireSettings(image, job);
        if (!ImagedJob.isByDriver(job)) {
            for (String needed : List.of(Section.LOG, Section.DEVICE_STATE, Section.DEVICE)) {
                Section unused = image.section(needed);
            }
        }
        image.requireDecodable();
        if (job.host() == HostMode.CRIU) {
            HostSections.require(image);
        }
    }

    private static void requireSettings(ImageReader image, JobInfo job) throws ImageException {
        try {
            JobSettings unused = ImagedJob.settings(job);
        } catch (JobException e) {
            throw image.damaged("how the job was launched", "" + e.getMessage());
        }
    }
}
