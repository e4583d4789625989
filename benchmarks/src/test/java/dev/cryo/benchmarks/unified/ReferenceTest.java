package dev.cryo.benchmarks.unified;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the applications are compared with is itself right. */
class ReferenceTest {
    @ParameterizedTest
    @EnumSource
    void theTreeGivesNearlyWhatAllPairsGive(Distribution distribution) {
        Universe universe = distribution.universe(400, 7);
        double[][] expected = byAllPairs(distribution.universe(400, 7));
        double largest = 0;
        for (double[] each : expected) {
            largest = Math.max(largest, Math.hypot(each[0], Math.hypot(each[1], each[2])));
        }

        float[][] before = {
            universe.velocity()[0].clone(), universe.velocity()[1].clone(), universe.velocity()[2].clone()
        };
        new Reference(universe).advance();

        for (int body = 0; body < universe.count(); body++) {
            for (int axis = 0; axis < 3; axis++) {
                double pull = (universe.velocity()[axis][body] - before[axis][body]) / Universe.TIME;
                assertThat(pull).isCloseTo(expected[body][axis], within(largest / 50));
            }
        }
    }

    private static double[][] byAllPairs(Universe universe) {
        double[][] pulls = new double[universe.count()][3];
        for (int body = 0; body < pulls.length; body++) {
            for (int other = 0; other < pulls.length; other++) {
                double[] to = new double[3];
                double distance2 = Universe.SOFTENING2;
                for (int axis = 0; axis < 3; axis++) {
                    to[axis] = (double) universe.position()[axis][other] - universe.position()[axis][body];
                    distance2 += to[axis] * to[axis];
                }
                for (int axis = 0; axis < 3; axis++) {
                    pulls[body][axis] += to[axis] * universe.mass()[other] / (distance2 * Math.sqrt(distance2));
                }
            }
        }
        return pulls;
    }

    @Test
    void vectorsAreMadeOfResultsAndStayBetweenMinusOneAndOne() {
        var product = new Product(3, 40);
        for (int round = 0; round < 20; round++) {
            double[] vector = product.vector().clone();
            product.round();
            for (int row = 0; row < 40; row++) {
                double sum = 0;
                for (int column = 0; column < 40; column++) {
                    sum = Math.fma(product.matrix(column * 40 + row), vector[column] * Product.scale(column), sum);
                }
                assertThat(product.result()[row]).isEqualTo(sum);
                assertThat(product.vector()[row]).isBetween(-1.0, 1.0).isNotZero();
            }
        }
    }
}
