package dev.cryo.lower.ptx;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The modules of a test's launches, loaded on a device. The small ones that tests make up, by the hundred, are put
 * together to a few larger ones, as a driver needs milliseconds for each.
 */
final class MergedModules {
    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n";
    private static final String ENTRY = ".visible .entry k(";
    private static final int MERGED = 100;
    /** The largest that text of this version knows. */
    private static final int LARGEST_TARGET = 90;

    private final DeviceRig rig;
    private final String header;
    private long lastId = 1000;
    private final Map<String, Call.FunctionGet> kernels = new HashMap<>();
    private final List<Long> modules = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();

    MergedModules(DeviceRig rig, List<Recording.Launch> launches) {
        this.rig = rig;
        int[] attributes = rig.call(new Call.DeviceInfo(0)).attributes();
        int target = Math.min(LARGEST_TARGET, 10 * attributes[75] + attributes[76]);
        header = HEADER.replace("sm_75", "sm_" + Math.max(75, target));
        Set<String> small = new LinkedHashSet<>();
        Map<String, Recording.Launch> others = new LinkedHashMap<>();
        for (Recording.Launch launch : launches) {
            if (canBeMerged(launch)) {
                small.add(launch.text());
            } else {
                others.putIfAbsent(launch.text() + launch.globals().address(), launch);
            }
        }
        loadMerged(List.copyOf(small));
        others.values().forEach(launch -> loadAlone(launch, launches));
    }

    private static boolean canBeMerged(Recording.Launch launch) {
        String text = launch.text();
        return text.startsWith(HEADER + ENTRY)
                && text.indexOf(".entry") == text.lastIndexOf(".entry")
                && launch.globals().before().length == 0;
    }

    private void loadMerged(List<String> texts) {
        List<List<String>> groups = new ArrayList<>();
        List<CompletableFuture<DeviceRig.Outcome>> loads = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += MERGED) {
            List<String> group = texts.subList(from, Math.min(texts.size(), from + MERGED));
            groups.add(group);
            modules.add(++lastId);
            loads.add(rig.start(load(lastId, merged(group), 0x1900_0000_0000L)));
        }
        for (int i = 0; i < groups.size(); i++) {
            long module = modules.get(i);
            if (rig.code(loads.get(i)) == CudaResult.SUCCESS) {
                for (int j = 0; j < groups.get(i).size(); j++) {
                    get(groups.get(i).get(j), module, "k" + j);
                }
            } else {
                groups.get(i).forEach(this::loadSmallAlone);
            }
        }
    }

    /** Finds out which one a driver does not take. */
    private void loadSmallAlone(String text) {
        long module = ++lastId;
        int code = rig.code(load(module, merged(List.of(text)), 0x1900_0000_0000L));
        if (code == CudaResult.SUCCESS) {
            modules.add(module);
            get(text, module, "k0");
        } else {
            refusals.add("CUDA error " + code + " at the load of:\n" + text);
        }
    }

    private String merged(List<String> texts) {
        StringBuilder merged = new StringBuilder(header);
        for (int i = 0; i < texts.size(); i++) {
            merged.append(".visible .entry k").append(i).append('(')
                    .append(texts.get(i), HEADER.length() + ENTRY.length(), texts.get(i).length());
        }
        return merged.toString();
    }

    private void loadAlone(Recording.Launch launch, List<Recording.Launch> all) {
        long module = ++lastId;
        int code = rig.code(load(module, launch.text().replace(HEADER, header), launch.globals().address()));
        if (code != CudaResult.SUCCESS) {
            refusals.add("CUDA error " + code + " at the load of the module of kernel " + launch.kernel());
            return;
        }
        modules.add(module);
        for (Recording.Launch other : all) {
            if (other.text().equals(launch.text())
                    && other.globals().address() == launch.globals().address()
                    && !kernels.containsKey(key(other))) {
                get(key(other), module, other.kernel());
            }
        }
    }

    private static Call.ModuleLoad load(long module, String text, long globalsAt) {
        return new Call.ModuleLoad(
                module, DeviceRig.CONTEXT, (text + "\0").getBytes(StandardCharsets.UTF_8),
                globalsAt == 0 ? 0x1900_0000_0000L : globalsAt, 0);
    }

    private void get(String key, long module, String name) {
        Call.FunctionGet get = new Call.FunctionGet(++lastId, module, name);
        Call.FunctionGet.Result unused = rig.call(get);
        kernels.put(key, get);
    }

    private static String key(Recording.Launch launch) {
        return canBeMerged(launch)
                ? launch.text()
                : launch.text() + launch.globals().address() + " " + launch.kernel();
    }

    /** The kernel of a launch; null if it is among the {@link #refusals}. */
    Call.@Nullable FunctionGet kernel(Recording.Launch launch) {
        return kernels.get(key(launch));
    }

    List<String> refusals() {
        return refusals;
    }
}
