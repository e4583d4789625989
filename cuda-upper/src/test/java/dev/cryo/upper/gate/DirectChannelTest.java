package dev.cryo.upper.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.CallChannel.CallFailedException;
import dev.cryo.upper.fake.Rig;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DirectChannelTest {
    private static final int UNAVAILABLE = 46;

    private final Rig rig = Rig.start();

    @Test
    void aLostLowerHalfEndsTheWaitForAnAnswer() throws Exception {
        rig.device().hold(true);
        CompletableFuture<Integer> call = CompletableFuture.supplyAsync(
                () -> Rig.code(() -> rig.cuda().contexts().synchronize(rig.context())));
        while (rig.device().held() == 0) {
            Thread.sleep(1);
        }
        rig.channel().lost();
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo(UNAVAILABLE);
    }

    @Test
    void aLostLowerHalfEndsTheWaitForStagingMemory() throws Exception {
        for (int i = 0; i < 4; i++) {
            rig.channel().reserveStaging(rig.channel().stagingLimit());
        }
        CompletableFuture<Integer> reservation = CompletableFuture.supplyAsync(() -> code(() ->
                rig.channel().reserveStaging(1)));
        Thread.sleep(20);
        assertThat(reservation).isNotDone();
        rig.channel().lost();
        assertThat(reservation.get(10, TimeUnit.SECONDS)).isEqualTo(UNAVAILABLE);
        assertThat(code(() -> rig.channel().reserveStaging(1))).isEqualTo(UNAVAILABLE);
    }

    private static int code(Callable<?> action) {
        try {
            action.call();
            return 0;
        } catch (CallFailedException e) {
            return e.code();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
