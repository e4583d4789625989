package dev.cryo.lower.ptx;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Rounds exact decimal values to floating-point numbers in every direction, as a model for tests. */
final class ExactRounding {
    private static final MathContext PRECISE = new MathContext(1300, RoundingMode.DOWN);

    private ExactRounding() {
    }

    interface Exact {
        BigDecimal apply(BigDecimal a, BigDecimal b, BigDecimal c);
    }

    static BigDecimal divide(BigDecimal a, BigDecimal b) {
        return a.divide(b, PRECISE);
    }

    static BigDecimal root(BigDecimal a) {
        return a.sqrt(new MathContext(420, RoundingMode.DOWN));
    }

    static float single(BigDecimal exact, String mode) {
        float nearest = exact.floatValue();
        nearest = nearest == 0 ? Math.copySign(0f, exact.signum()) : nearest;
        if (Float.isInfinite(nearest)) {
            float largest = Math.copySign(Float.MAX_VALUE, nearest);
            return pulledIn(mode, exact.signum()) ? largest : nearest;
        }
        int side = exact.compareTo(new BigDecimal(nearest));
        if (side < 0 && down(mode, exact.signum())) {
            return Math.nextDown(nearest) == 0 ? Math.copySign(0f, exact.signum()) : Math.nextDown(nearest);
        }
        if (side > 0 && up(mode, exact.signum())) {
            return Math.nextUp(nearest) == 0 ? Math.copySign(0f, exact.signum()) : Math.nextUp(nearest);
        }
        return nearest;
    }

    static double twice(BigDecimal exact, String mode) {
        double nearest = exact.doubleValue();
        nearest = nearest == 0 ? Math.copySign(0.0, exact.signum()) : nearest;
        if (Double.isInfinite(nearest)) {
            double largest = Math.copySign(Double.MAX_VALUE, nearest);
            return pulledIn(mode, exact.signum()) ? largest : nearest;
        }
        int side = exact.compareTo(new BigDecimal(nearest));
        if (side < 0 && down(mode, exact.signum())) {
            return Math.nextDown(nearest) == 0 ? Math.copySign(0.0, exact.signum()) : Math.nextDown(nearest);
        }
        if (side > 0 && up(mode, exact.signum())) {
            return Math.nextUp(nearest) == 0 ? Math.copySign(0.0, exact.signum()) : Math.nextUp(nearest);
        }
        return nearest;
    }

    private static boolean pulledIn(String mode, int sign) {
        return sign > 0 ? down(mode, sign) : up(mode, sign);
    }

    private static boolean down(String mode, int sign) {
        return mode.equals("rm") || mode.equals("rz") && sign > 0;
    }

    private static boolean up(String mode, int sign) {
        return mode.equals("rp") || mode.equals("rz") && sign < 0;
    }
}
