package dev.cryo.upper.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A new process takes over the objects of an earlier one from its log. */
class AdoptionTest {
    private final Rig earlier = Rig.start();
    private final FakeDevice device = new FakeDevice();
    private final Cuda cuda = Rig.raw(device);

    private List<Call> adopt() throws CudaError {
        List<Call> log = earlier.log().calls();
        log.forEach(call -> device.execute(call, new Ignored()));
        cuda.hostMemory().mapAll(log);
        List<Call> adopted = cuda.adoption().adopt(log);
        cuda.contexts().setCurrent(earlier.context().id());
        return adopted;
    }

    private static final class Ignored implements LowerHalf.Reply {
        @Override
        public void done(Record result) {
            // Replayed.
        }

        @Override
        public void failed(int code) {
            throw new AssertionError("the replay failed with " + code);
        }
    }

    @Test
    void handlesAreTrueAgain() throws CudaError {
        Stream stream = earlier.cuda().streams().create(earlier.context(), 1, -3);
        Event event = earlier.cuda().events().create(earlier.context(), 2);
        CudaModule module = earlier.cuda()
                .modules()
                .load(earlier.context(), "text".getBytes(StandardCharsets.UTF_8))
                .module();
        Function function = earlier.cuda().modules().function(module, "k_8_4");
        earlier.cuda().modules().setAttribute(function, 8, 60_000);
        earlier.cuda().settings().setLimit(earlier.context(), 0, 4096);
        adopt();
        Context context = cuda.contexts().current();
        assertThat(cuda.streams().of(context, stream.id()).priority()).isEqualTo(-3);
        assertThat(cuda.events().of(event.id()).isTimed()).isFalse();
        assertThat(cuda.modules().of(module.id()).context()).isSameAs(context);
        Function adopted = cuda.modules().functionOf(function.id());
        assertThat(adopted.facts().paramSizes()).containsExactly(8, 4);
        assertThat(adopted.maxDynamicShared()).isEqualTo(60_000);
        assertThat(cuda.modules().function(adopted.module(), "k_8_4")).isSameAs(adopted);
        assertThat(cuda.settings().limit(context, 0)).isEqualTo(4096);
        assertThat(cuda.events().create(context, 0).id()).isGreaterThan(function.id());
    }

    @Test
    void theGlobalsOfAModuleAreKnownWithoutAskingAndEndWithIt() throws CudaError {
        CudaModule before = load(earlier.cuda(), earlier.context(), 5 << 20);
        assertThat(before.globalsBytes()).isEqualTo(5 << 20);
        adopt();
        Context context = cuda.contexts().current();
        CudaModule module = cuda.modules().of(before.id());
        assertThat(Objects.requireNonNull(cuda.memory().find(before.globalsAt() + (4 << 20))).bytes())
                .isEqualTo(5 << 20);
        assertThat(load(cuda, context, 3 << 20).globalsAt()).isEqualTo(before.globalsAt() + (6 << 20));
        cuda.modules().global(module, "global");
        cuda.modules().unload(module);
        assertThat(cuda.memory().find(before.globalsAt())).isNull();
    }

    private static CudaModule load(Cuda cuda, Context context, int globalsBytes) throws CudaError {
        byte[] image = Integer.toString(globalsBytes).getBytes(StandardCharsets.UTF_8);
        return cuda.modules().load(context, image).module();
    }

    @Test
    void memoryIsWhereItWas() throws CudaError {
        long first = earlier.cuda().memory().allocate(earlier.context(), 1000);
        long second = earlier.cuda().memory().allocate(earlier.context(), 3 << 20);
        earlier.cuda().memory().free(first);
        adopt();
        assertThat(Objects.requireNonNull(cuda.memory().find(second + 5)).bytes()).isEqualTo(3 << 20);
        assertThat(cuda.memory().find(first)).isNull();
        assertThat(cuda.memory().allocate(cuda.contexts().current(), 1000)).isEqualTo(first);
        cuda.memory().free(second);
    }

    @Test
    void pageLockedMemoryIsMappedAfreshWhereItWas() throws CudaError {
        long address = earlier.cuda().hostMemory().allocate(earlier.context(), 8192, 1);
        List<Call> log = earlier.log().calls();
        // The earlier process is gone, and its mapping with it.
        earlier.cuda().hostMemory().ended(earlier.context());
        List<Call> adopted = adopt();
        assertThat(Objects.requireNonNull(cuda.hostMemory().find(address)).bytes()).isEqualTo(8192);
        assertThat(adopted).hasSameSizeAs(log);
        cuda.hostMemory().free(address);
    }

    @Test
    void aPrimaryContextIsPrimaryAgainAndAnotherCanBeDestroyed() throws CudaError {
        Context primary = earlier.cuda().primaries().retain(0);
        adopt();
        assertThat(cuda.primaries().state(0).active()).isTrue();
        assertThat(cuda.primaries().retain(0).id()).isEqualTo(primary.id());
        cuda.contexts().destroy(earlier.context().id());
        assertThat(cuda.primaries().state(0).active()).isTrue();
    }

    @Test
    void aContextThatWasNotPrimaryIsNotPrimaryAfterwards() throws CudaError {
        adopt();
        assertThat(cuda.primaries().state(0).active()).isFalse();
    }
}
