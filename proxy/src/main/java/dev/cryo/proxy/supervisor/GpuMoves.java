package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.Gpu;
import dev.cryo.proxy.supervisor.JobException.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Decides which GPU takes the place of which, at a restart by the driver. Stateless. */
final class GpuMoves {
    private GpuMoves() {}

    /**
     * The place of every GPU of an image: itself if it is here, else the first one of its model that is left, else the
     * first one that is left; whether that one will do only the driver knows.
     *
     * @return nothing where every GPU is its own place: the driver is not asked to move anything then
     * @throws JobException if there are fewer GPUs here
     */
    static Map<Gpu, Gpu> between(List<Gpu> then, List<Gpu> now) throws JobException {
        if (now.containsAll(then)) {
            return Map.of();
        }
        if (now.size() < then.size()) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "the application had " + words(then) + ", and here " + (now.isEmpty() ? "is none" : "are only "
                            + words(now)) + ": every GPU that it saw needs one in its place");
        }
        List<Gpu> left = new ArrayList<>(now);
        Map<Gpu, Gpu> moves = new LinkedHashMap<>();
        for (Gpu gpu : then) {
            if (left.remove(gpu)) {
                moves.put(gpu, gpu);
            }
        }
        for (Gpu gpu : then) {
            left.stream()
                    .filter(place -> !moves.containsKey(gpu) && place.name().equals(gpu.name()))
                    .findFirst()
                    .ifPresent(place -> moves.put(gpu, place));
            left.removeAll(moves.values());
        }
        for (Gpu gpu : then) {
            if (!moves.containsKey(gpu)) {
                moves.put(gpu, left.removeFirst());
            }
        }
        return moves;
    }

    static String words(List<Gpu> gpus) {
        return gpus.stream().map(gpu -> gpu.name() + " (" + gpu.uuid() + ")").collect(Collectors.joining(", "));
    }
}
