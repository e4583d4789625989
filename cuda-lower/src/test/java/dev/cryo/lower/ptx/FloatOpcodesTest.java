package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Floating-point instructions against exact decimal arithmetic. */
class FloatOpcodesTest {
    private static final long SEED = 77;
    private static final String[] MODES = {"rn", "rz", "rm", "rp"};

    private static float f(long bits) {
        return Float.intBitsToFloat((int) bits);
    }

    private static double d(long bits) {
        return Double.longBitsToDouble(bits);
    }

    private static long bits(float value) {
        return Float.floatToRawIntBits(value);
    }

    private static long bits(double value) {
        return Double.doubleToRawLongBits(value);
    }

    private static double number(String type, long bits) {
        return type.equals("f32") ? f(bits) : d(bits);
    }

    /** Checks an operation in all rounding modes; {@code plain} says what infinities, zeros and the like give. */
    private static void rounded(String opcode, int operands, ExactRounding.Exact exact, Plain plain) throws Exception {
        for (String type : new String[] {"f32", "f64"}) {
            for (String mode : MODES) {
                String types = (type + " ").repeat(operands + 1).trim();
                OpcodeHarness.check(opcode + "." + mode + "." + type, types, SEED, (x, y, z) -> {
                    double a = number(type, x);
                    double b = operands > 1 ? number(type, y) : 1;
                    double c = operands > 2 ? number(type, z) : 1;
                    Double special = plain.special(a, b, c, mode);
                    if (special != null) {
                        return type.equals("f32") ? bits(special.floatValue()) : bits((double) special);
                    }
                    BigDecimal value = exact.apply(new BigDecimal(a), new BigDecimal(b), new BigDecimal(c));
                    return type.equals("f32") ? bits(ExactRounding.single(value, mode))
                            : bits(ExactRounding.twice(value, mode));
                });
            }
        }
    }

    private interface Plain {
        @Nullable Double special(double a, double b, double c, String mode);
    }

    private static boolean finite(double a, double b, double c) {
        return Double.isFinite(a) && Double.isFinite(b) && Double.isFinite(c);
    }

    private static @Nullable Double zeroSum(double a, double b, String mode) {
        if (!Double.isFinite(a) || !Double.isFinite(b)) {
            return a + b;
        }
        if (a + b != 0) {
            return null;
        }
        boolean bothZeroAlike = a == 0 && b == 0 && bits(a) == bits(b);
        return bothZeroAlike ? a : mode.equals("rm") ? -0.0 : 0.0;
    }

    @Test
    void addsInEveryRoundingMode() throws Exception {
        rounded("add", 2, (a, b, c) -> a.add(b), (a, b, c, mode) -> zeroSum(a, b, mode));
        rounded("sub", 2, (a, b, c) -> a.subtract(b), (a, b, c, mode) -> zeroSum(a, -b, mode));
    }

    @Test
    void multipliesInEveryRoundingMode() throws Exception {
        rounded("mul", 2, (a, b, c) -> a.multiply(b), (a, b, c, mode) ->
                !finite(a, b, 1) || a == 0 || b == 0 ? (Double) (a * b) : null);
    }

    @Test
    void fusesInEveryRoundingMode() throws Exception {
        rounded("fma", 3, (a, b, c) -> a.multiply(b).add(c), (a, b, c, mode) -> {
            if (!finite(a, b, c)) {
                return Math.fma(a, b, c);
            }
            if (a == 0 || b == 0) {
                return c == 0 ? zeroSum(a * b, c, mode) : (Double) c;
            }
            BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
            return exact.signum() != 0 ? null : mode.equals("rm") ? (Double) (-0.0) : (Double) 0.0;
        });
    }

    @Test
    void dividesInEveryRoundingMode() throws Exception {
        rounded("div", 2, (a, b, c) -> ExactRounding.divide(a, b), (a, b, c, mode) ->
                !finite(a, b, 1) || a == 0 || b == 0 ? (Double) (a / b) : null);
        rounded("rcp", 1, (a, b, c) -> ExactRounding.divide(BigDecimal.ONE, a), (a, b, c, mode) ->
                !Double.isFinite(a) || a == 0 ? (Double) (1 / a) : null);
        rounded("sqrt", 1, (a, b, c) -> ExactRounding.root(a), (a, b, c, mode) ->
                !(a > 0) || Double.isInfinite(a) ? (Double) Math.sqrt(a) : null);
    }

    private static float flushed(float value) {
        return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
    }

    @Test
    void flushesSubnormalNumbersKeepingTheSign() throws Exception {
        OpcodeHarness.check("add.ftz.f32", "f32 f32 f32", SEED,
                (a, b, c) -> bits(flushed(flushed(f(a)) + flushed(f(b)))));
        OpcodeHarness.check("mul.rn.ftz.f32", "f32 f32 f32", SEED,
                (a, b, c) -> bits(flushed(flushed(f(a)) * flushed(f(b)))));
        OpcodeHarness.check("fma.rn.ftz.f32", "f32 f32 f32 f32", SEED,
                (a, b, c) -> bits(flushed(Math.fma(flushed(f(a)), flushed(f(b)), flushed(f(c))))));
        OpcodeHarness.check("setp.eq.ftz.f32", "pred f32 f32", SEED,
                (a, b, c) -> flushed(f(a)) == flushed(f(b)) ? 1 : 0);
        OpcodeHarness.check("abs.ftz.f32", "f32 f32", SEED, (a, b, c) -> bits(Math.abs(flushed(f(a)))));
    }

    @Test
    void saturatesToTheUnitInterval() throws Exception {
        OpcodeHarness.check("add.sat.f32", "f32 f32 f32", SEED, (a, b, c) -> {
            float sum = f(a) + f(b);
            return bits(sum > 0 ? Math.min(sum, 1f) : 0f);
        });
        OpcodeHarness.check("cvt.sat.f32.f32", "f32 f32", SEED, (a, b, c) -> bits(f(a) > 0 ? Math.min(f(a), 1f) : 0f));
    }

    @Test
    void minimumAndMaximumPreferNumbers() throws Exception {
        OpcodeHarness.check("min.f32", "f32 f32 f32", SEED, (a, b, c) -> Float.isNaN(f(a)) ? b : Float.isNaN(f(b)) ? a
                : bits(Math.min(f(a), f(b))));
        OpcodeHarness.check("max.f32", "f32 f32 f32", SEED, (a, b, c) -> Float.isNaN(f(a)) ? b : Float.isNaN(f(b)) ? a
                : bits(Math.max(f(a), f(b))));
        OpcodeHarness.check("min.f64", "f64 f64 f64", SEED, (a, b, c) -> Double.isNaN(d(a)) ? b : Double.isNaN(d(b))
                ? a : bits(Math.min(d(a), d(b))));
        OpcodeHarness.check("max.f64", "f64 f64 f64", SEED, (a, b, c) -> Double.isNaN(d(a)) ? b : Double.isNaN(d(b))
                ? a : bits(Math.max(d(a), d(b))));
        OpcodeHarness.check("max.NaN.f32", "f32 f32 f32", SEED, (a, b, c) -> bits(Math.max(f(a), f(b))));
    }

    @Test
    void negatesAndCopiesSigns() throws Exception {
        OpcodeHarness.check("neg.f32", "f32 f32", SEED, (a, b, c) -> a ^ 0x80000000L);
        OpcodeHarness.check("neg.f64", "f64 f64", SEED, (a, b, c) -> a ^ Long.MIN_VALUE);
        OpcodeHarness.check("abs.f64", "f64 f64", SEED, (a, b, c) -> a & Long.MAX_VALUE);
        OpcodeHarness.check("copysign.f32", "f32 f32 f32", SEED, (a, b, c) -> a & 0x80000000L | b & 0x7fffffff);
        OpcodeHarness.check("copysign.f64", "f64 f64 f64", SEED,
                (a, b, c) -> a & Long.MIN_VALUE | b & Long.MAX_VALUE);
    }

    @Test
    void comparesWithAndWithoutOrder() throws Exception {
        for (String type : new String[] {"f32", "f64"}) {
            for (String comparison : new String[] {"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu",
                "gtu", "geu", "num", "nan"}) {
                OpcodeHarness.check("setp." + comparison + "." + type, "pred " + type + " " + type, SEED,
                        (x, y, z) -> holds(comparison, number(type, x), number(type, y)) ? 1 : 0);
            }
        }
    }

    private static boolean holds(String comparison, double a, double b) {
        boolean unordered = Double.isNaN(a) || Double.isNaN(b);
        return switch (comparison) {
            case "num" -> !unordered;
            case "nan" -> unordered;
            default -> {
                boolean result = switch (comparison.substring(0, 2)) {
                    case "eq" -> a == b;
                    case "ne" -> a != b;
                    case "lt" -> a < b;
                    case "le" -> a <= b;
                    case "gt" -> a > b;
                    default -> a >= b;
                };
                yield unordered ? comparison.length() == 3 : result;
            }
        };
    }

    @Test
    void testsProperties() throws Exception {
        OpcodeHarness.check("testp.finite.f32", "pred f32", SEED, (a, b, c) -> Float.isFinite(f(a)) ? 1 : 0);
        OpcodeHarness.check("testp.infinite.f64", "pred f64", SEED, (a, b, c) -> Double.isInfinite(d(a)) ? 1 : 0);
        OpcodeHarness.check("testp.notanumber.f32", "pred f32", SEED, (a, b, c) -> Float.isNaN(f(a)) ? 1 : 0);
        OpcodeHarness.check("testp.subnormal.f32", "pred f32", SEED,
                (a, b, c) -> (a & 0x7f800000) == 0 && (a & 0x7fffff) != 0 ? 1 : 0);
    }

    private static BigDecimal integral(BigDecimal value, String mode) {
        RoundingMode rounding = switch (mode) {
            case "rni" -> RoundingMode.HALF_EVEN;
            case "rzi" -> RoundingMode.DOWN;
            case "rmi" -> RoundingMode.FLOOR;
            default -> RoundingMode.CEILING;
        };
        return value.setScale(0, rounding);
    }

    @Test
    void convertsToIntegersAndClamps() throws Exception {
        for (String from : new String[] {"f32", "f64"}) {
            for (String to : new String[] {"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"}) {
                for (String mode : new String[] {"rni", "rzi", "rmi", "rpi"}) {
                    OpcodeHarness.check("cvt." + mode + "." + to + "." + from, to + " " + from, SEED,
                            (a, b, c) -> toInteger(number(from, a), mode, from, to).longValue());
                }
            }
        }
    }

    private static BigInteger toInteger(double value, String mode, String from, String to) {
        int width = Operand.width(to);
        boolean signed = to.startsWith("s");
        BigInteger max = BigInteger.ONE.shiftLeft(signed ? width - 1 : width).subtract(BigInteger.ONE);
        BigInteger min = signed ? BigInteger.ONE.shiftLeft(width - 1).negate() : BigInteger.ZERO;
        if (Double.isNaN(value)) {
            return from.equals("f64") || width == 64 ? BigInteger.ONE.shiftLeft(width - 1) : BigInteger.ZERO;
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? max : min;
        }
        return integral(new BigDecimal(value), mode).toBigInteger().min(max).max(min);
    }

    @Test
    void convertsFromIntegersInEveryRoundingMode() throws Exception {
        for (String to : new String[] {"f32", "f64"}) {
            for (String from : new String[] {"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"}) {
                for (String mode : MODES) {
                    OpcodeHarness.check("cvt." + mode + "." + to + "." + from, to + " " + from, SEED, (a, b, c) -> {
                        int shift = 64 - Operand.width(from);
                        BigDecimal exact = from.startsWith("s") ? new BigDecimal(a << shift >> shift)
                                : new BigDecimal(Long.toUnsignedString(a << shift >>> shift));
                        return exact.signum() == 0 ? 0 : to.equals("f32") ? bits(ExactRounding.single(exact, mode))
                                : bits(ExactRounding.twice(exact, mode));
                    });
                }
            }
        }
    }

    @Test
    void convertsBetweenFloatingPointTypes() throws Exception {
        for (String mode : MODES) {
            OpcodeHarness.check("cvt." + mode + ".f32.f64", "f32 f64", SEED, (a, b, c) -> {
                double value = d(a);
                return !Double.isFinite(value) || value == 0 ? bits((float) value)
                        : bits(ExactRounding.single(new BigDecimal(value), mode));
            });
        }
        OpcodeHarness.check("cvt.f64.f32", "f64 f32", SEED, (a, b, c) -> bits((double) f(a)));
        for (String mode : new String[] {"rni", "rzi", "rmi", "rpi"}) {
            OpcodeHarness.check("cvt." + mode + ".f32.f32", "f32 f32", SEED, (a, b, c) -> {
                float value = f(a);
                return !Float.isFinite(value) || value == 0 ? bits(value)
                        : bits(Math.copySign(integral(new BigDecimal(value), mode).floatValue(), value));
            });
        }
        OpcodeHarness.check("cvt.f32.f16", "f32 f16", SEED, (a, b, c) -> bits(Float.float16ToFloat((short) a)));
        OpcodeHarness.check("cvt.rn.f16.f32", "f16 f32", SEED, (a, b, c) -> Float.floatToFloat16(f(a)));
    }

    @Test
    void computesHalfPrecision() throws Exception {
        OpcodeHarness.check("add.f16", "f16 f16 f16", SEED, (a, b, c) -> Float.floatToFloat16(
                Float.float16ToFloat((short) a) + Float.float16ToFloat((short) b)));
        OpcodeHarness.check("fma.rn.f16", "f16 f16 f16 f16", SEED, (a, b, c) -> {
            double x = Float.float16ToFloat((short) a);
            double y = Float.float16ToFloat((short) b);
            double z = Float.float16ToFloat((short) c);
            if (!finite(x, y, z) || x == 0 || y == 0) {
                return Float.floatToFloat16((float) Math.fma(x, y, z));
            }
            BigDecimal exact = new BigDecimal(x).multiply(new BigDecimal(y)).add(new BigDecimal(z));
            return exact.signum() == 0 ? 0 : half(exact);
        });
        OpcodeHarness.check("setp.lt.f16", "pred f16 f16", SEED,
                (a, b, c) -> Float.float16ToFloat((short) a) < Float.float16ToFloat((short) b) ? 1 : 0);
    }

    /** The nearest half, found among all of them; ties go to the even one. */
    private static long half(BigDecimal exact) {
        int low = 0;
        int high = 0x7c00;
        BigDecimal size = exact.abs();
        if (size.compareTo(new BigDecimal(65520)) >= 0) {
            return exact.signum() < 0 ? 0xfc00 : 0x7c00;
        }
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (new BigDecimal(Float.float16ToFloat((short) middle)).compareTo(size) <= 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        BigDecimal below = new BigDecimal(Float.float16ToFloat((short) low));
        BigDecimal above = high == 0x7c00 ? new BigDecimal(65536) : new BigDecimal(Float.float16ToFloat((short) high));
        int closer = size.subtract(below).compareTo(above.subtract(size));
        int nearest = closer < 0 ? low : closer > 0 ? high : (low & 1) == 0 ? low : high;
        return nearest | (exact.signum() < 0 ? 0x8000 : 0);
    }

    @Test
    void approximatesWithinTheDocumentedError() throws Exception {
        near("rcp.approx.f32", 1e-10, 1e10, v -> 1 / v, 1.2e-7, RELATIVE);
        near("rsqrt.approx.f32", 1e-10, 1e10, v -> 1 / Math.sqrt(v), 1.8e-7, RELATIVE);
        near("sqrt.approx.f32", 1e-10, 1e10, Math::sqrt, 1.2e-7, RELATIVE);
        near("ex2.approx.f32", -100, 100, v -> Math.pow(2, v), 1.2e-7, RELATIVE);
        near("lg2.approx.f32", 2, 1e10, v -> Math.log(v) / Math.log(2), 1.2e-7, RELATIVE);
        near("sin.approx.f32", 0.1, 3, Math::sin, 1.2e-7, ABSOLUTE);
        near("cos.approx.f32", 0, 1.5, Math::cos, 1.2e-7, ABSOLUTE);
        near("tanh.approx.f32", 0.1, 3, Math::tanh, 1.2e-7, COARSE);
    }

    // What the PTX ISA promises of the functions' errors on a GPU, and half a bit more for those of the processor.
    private static final Sameness RELATIVE = new Sameness.Within(0x1p-21, 0);
    private static final Sameness ABSOLUTE = new Sameness.Within(0, 0x1p-20);
    private static final Sameness COARSE = new Sameness.Within(0x1p-10, 0);

    private static void near(
            String opcode, double from, double to, DoubleUnaryOperator model, double error, Sameness sameness)
            throws Exception {
        Random random = new Random(SEED);
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (from + (to - from) * random.nextDouble());
        }
        String ptx = ".version 8.0\n.target sm_75\n.address_size 64\n"
                + ".visible .entry k(.param .u64 A, .param .u64 D)\n{\n"
                + ".reg .u64 %a, %d, %o; .reg .u32 %t; .reg .f32 %x;\nld.param.u64 %a, [A]; ld.param.u64 %d, [D];\n"
                + "mov.u32 %t, %tid.x; mul.wide.u32 %o, %t, 4; add.u64 %a, %a, %o; add.u64 %d, %d, %o;\n"
                + "ld.global.f32 %x, [%a]; " + opcode + " %x, %x; st.global.f32 [%d], %x;\nret;\n}\n";
        try (Device device = new Device()) {
            MemorySegment out = device.allocate(4L * values.length);
            device.comparedAs(sameness);
            device.run(Objects.requireNonNull(device.load(ptx).kernel("k")), 1, 256, device.floats(values), out);
            for (int i = 0; i < values.length; i++) {
                double expected = model.applyAsDouble(values[i]);
                double actual = out.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertThat(Math.abs(actual - expected) / Math.abs(expected)).as("%s of %s", opcode, values[i])
                        .isLessThan(error);
            }
        }
    }
}
