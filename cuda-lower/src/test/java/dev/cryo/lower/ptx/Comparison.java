package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.fail;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.TestBed;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.reflect.AnnotatedElement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Does after each test what the test has done on the processor on another device too: the same kernels with the same
 * memory at the same addresses. What memory holds afterwards must be the same, to the bit where the test does not say
 * otherwise. Tests that are {@link OnlyOnProcessor} are skipped.
 */
final class Comparison implements ExecutionCondition, BeforeEachCallback, AfterEachCallback {
    private static final long STREAM = DeviceRig.DEFAULT;
    private static final int MOST_TOLD = 10;

    private final TestBed bed;
    private final Map<Long, Long> mapped = new HashMap<>();
    private @Nullable Recording recording;

    /** With devices of a bed. */
    Comparison(TestBed bed) {
        this.bed = bed;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        OnlyOnProcessor why = context.getElement()
                .map((AnnotatedElement element) -> element.getAnnotation(OnlyOnProcessor.class))
                .orElse(null);
        return why == null
                ? ConditionEvaluationResult.enabled("it can be done by another device")
                : ConditionEvaluationResult.disabled("only on the processor: " + why.value());
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        recording = Recording.start();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Recording ended = recording;
        if (ended == null) {
            return;
        }
        List<Recording.Launch> launches = ended.stop();
        if (context.getExecutionException().isEmpty() && !launches.isEmpty()) {
            compare(launches);
        }
    }

    /** Each time on a fresh device: the addresses must be the processor's while a test runs. */
    private void compare(List<Recording.Launch> launches) throws Exception {
        List<String> differences = new ArrayList<>();
        int differing = 0;
        mapped.clear();
        try (DeviceRig on = DeviceRig.withContext(bed.open())) {
            MergedModules modules = new MergedModules(on, launches);
            differences.addAll(modules.refusals());
            differing = differences.size();
            for (Recording.Launch launch : launches) {
                Call.@Nullable FunctionGet kernel = modules.kernel(launch);
                String difference = kernel == null ? "" : difference(on, launch, kernel);
                if (!difference.isEmpty()) {
                    differing++;
                    if (differences.size() < MOST_TOLD) {
                        differences.add(difference);
                    }
                }
                if (on.faults.get() > 0) {
                    break;
                }
            }
        }
        bed.close();
        if (differing > 0) {
            fail("%d of %d launches differ:%n%s", differing, launches.size(), String.join("\n", differences));
        }
    }

    private String difference(DeviceRig on, Recording.Launch launch, Call.FunctionGet kernel) {
        Recording.Contents memory = launch.memory();
        Recording.Contents globals = launch.globals();
        map(on, memory.address(), memory.before().length);
        on.upload(STREAM, memory.address(), memory.before());
        if (globals.before().length > 0) {
            on.upload(STREAM, globals.address(), globals.before());
        }
        int refused = on.queue(new Call.Launch(
                kernel.function(), STREAM,
                launch.grid().x(), launch.grid().y(), launch.grid().z(),
                launch.block().x(), launch.block().y(), launch.block().z(),
                launch.sharedBytes(), launch.parameters()));
        int failed = refused != CudaResult.SUCCESS ? refused : on.code(new Call.StreamSync(STREAM));
        if (failed != CudaResult.SUCCESS) {
            return "CUDA error " + failed + describe(launch);
        }
        byte[] found = on.download(STREAM, memory.address(), memory.after().length);
        String difference = launch.sameness().difference(memory.after(), found);
        if (difference.isEmpty() && globals.before().length > 0) {
            byte[] variables = on.download(STREAM, globals.address(), globals.after().length);
            difference = new Sameness.Exact().difference(globals.after(), variables);
        }
        return difference.isEmpty() ? "" : difference + describe(launch);
    }

    private void map(DeviceRig on, long address, long bytes) {
        long enough = Math.ceilDiv(bytes, 4 << 20) * (4L << 20);
        if (mapped.getOrDefault(address, 0L) < enough) {
            if (mapped.containsKey(address)) {
                on.queue(new Call.MemUnmap(address));
            }
            on.call(new Call.MemMap(address, DeviceRig.CONTEXT, enough));
            mapped.put(address, enough);
        }
    }

    /** Kernels that a test has made up are short, and told whole; of others the name says enough. */
    private static String describe(Recording.Launch launch) {
        return " by kernel %s, grid %s, block %s%s".formatted(
                launch.kernel(), launch.grid(), launch.block(),
                launch.text().length() < 3000 ? ":\n" + launch.text() : "");
    }
}
