package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.TestExecutionResult.Status.FAILED;
import static org.junit.platform.engine.TestExecutionResult.Status.SUCCESSFUL;

import dev.cryo.lower.managed.UnifiedDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class OwnProcessTest {
    /** What samples have done in this process. */
    private static final List<String> DONE = new ArrayList<>();

    /** Runs one test of a nested class; returns how it ended. */
    private static TestExecutionResult run(List<Class<?>> enclosing, Class<?> nested, String test) {
        List<TestExecutionResult> results = new ArrayList<>();
        LauncherFactory.create().execute(
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectNestedMethod(enclosing, nested, test))
                        .build(),
                new TestExecutionListener() {
                    @Override
                    public void executionFinished(TestIdentifier identifier, TestExecutionResult ended) {
                        if (identifier.isTest()) {
                            results.add(ended);
                        }
                    }
                });
        assertThat(results).hasSize(1);
        return results.getFirst();
    }

    private static TestExecutionResult runSample(String test) {
        return run(List.of(Sample.class), Sample.AFault.class, test);
    }

    @Test
    void aTestThatPassesInAnotherProcessPassesAndDoesNothingHere() {
        DONE.clear();
        assertThat(runSample("passes").getStatus()).isEqualTo(SUCCESSFUL);
        assertThat(DONE).isEmpty();
    }

    @Test
    void aTestThatFailsThereFailsAndSaysWhatWasPrintedThere() {
        TestExecutionResult result = runSample("fails");
        assertThat(result.getStatus()).isEqualTo(FAILED);
        assertThat(result.getThrowable().orElseThrow())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("/[nested-class:AFault]/[method:fails()] ended with 1:\n")
                .hasMessageContaining("printed by the one that fails")
                .hasMessageContaining("java.lang.AssertionError: it is to fail");
    }

    @Test
    void aProcessThatDiesIsAFailure() {
        TestExecutionResult result = runSample("dies");
        assertThat(result.getStatus()).isEqualTo(FAILED);
        assertThat(result.getThrowable().orElseThrow()).hasMessageContaining("ended with 3:\n");
    }

    @Test
    void aTestThatIsSkippedThereIsAFailure() {
        assertThat(runSample("isSkipped").getStatus()).isEqualTo(FAILED);
    }

    @Test
    void cryosPropertiesAreTheSameThere() {
        System.setProperty("cryo.ownProcessTest", "a value");
        try {
            assertThat(runSample("hasAProperty").getStatus()).isEqualTo(SUCCESSFUL);
        } finally {
            System.clearProperty("cryo.ownProcessTest");
        }
        assertThat(runSample("hasAProperty").getStatus()).isEqualTo(FAILED);
    }

    @Test
    void aContractsFaultsAreTestedSo() {
        DONE.clear();
        TestExecutionResult result = run(
                List.of(Contracts.class, Contracts.Kernels.class), KernelsContract.AFault.class,
                "ofATrapEndsTheContext");
        assertThat(result.getStatus()).isEqualTo(SUCCESSFUL);
        assertThat(DONE).isEmpty();
    }

    /** Of PTX devices, as if a fault of theirs ended the process. */
    private static final class Bed implements TestBed {
        private final PtxBed devices = new PtxBed();

        @Override
        public UnifiedDevice open(long memoryBytes) {
            DONE.add("open");
            return devices.open(memoryBytes);
        }

        @Override
        public FaultReach faultReach() {
            return FaultReach.PROCESS;
        }

        @Override
        public boolean loadsWhileKernelsRun() {
            return devices.loadsWhileKernelsRun();
        }

        @Override
        public void close() {
            DONE.add("close");
            devices.close();
        }
    }

    /** As a device has it that is held to several contracts. */
    static class Contracts {
        @Nested
        class Kernels extends KernelsContract {
            Kernels() {
                super(new Bed());
            }
        }
    }

    /** Its tests are run by those above alone. */
    static class Sample implements OnTestBed {
        @Override
        public TestBed bed() {
            return new Bed();
        }

        @BeforeEach
        void before() {
            DONE.add("before");
        }

        @AfterEach
        void after() {
            assertThat(DONE).containsExactly("before", "test");
            DONE.add("after");
        }

        @Nested
        @ExtendWith(OwnProcess.class)
        class AFault {
            @BeforeEach
            void test() {
                DONE.add("test");
            }

            @Test
            void passes() {
                assertThat(ChildProcess.isThisOne()).isTrue();
            }

            @Test
            void fails() {
                System.out.println("printed by the one that fails");
                throw new AssertionError("it is to fail");
            }

            @Test
            void dies() {
                Runtime.getRuntime().halt(3);
            }

            @Test
            @DisabledIfSystemProperty(named = ChildProcess.MARK, matches = "true")
            void isSkipped() {
                // Nobody comes here.
            }

            @Test
            void hasAProperty() {
                assertThat(System.getProperty("cryo.ownProcessTest")).isEqualTo("a value");
            }
        }
    }
}
