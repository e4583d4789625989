package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.Gpu;
import dev.cryo.streamlog.image.JobInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an image that was taken by the driver's process checkpoint says of it.
 *
 * @param ownIds the CUDA processes, by the ids that they know themselves by
 * @param gpus those that CUDA had
 */
record ImagedProcesses(List<Long> ownIds, List<Gpu> gpus) {
    private static final String PROCESSES = "cudaProcesses";
    private static final String GPU = "gpu.";

    /** As properties of an image. */
    static List<JobInfo.Property> properties(List<Long> ownIds, List<Gpu> gpus) {
        List<JobInfo.Property> properties = new ArrayList<>();
        properties.add(new JobInfo.Property(
                PROCESSES, ownIds.stream().map(Object::toString).collect(Collectors.joining(","))));
        for (int i = 0; i < gpus.size(); i++) {
            properties.add(new JobInfo.Property(GPU + i, gpus.get(i).toString()));
        }
        return properties;
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException if they are not there
     */
    static ImagedProcesses of(JobInfo job) {
        String processes = job.property(PROCESSES)
                .orElseThrow(() -> new IllegalArgumentException("the image has no property " + PROCESSES));
        return new ImagedProcesses(
                Arrays.stream(processes.split(","))
                        .filter(id -> !id.isEmpty())
                        .map(Long::valueOf)
                        .toList(),
                job.numbered(GPU).stream().map(Gpu::parse).toList());
    }
}
