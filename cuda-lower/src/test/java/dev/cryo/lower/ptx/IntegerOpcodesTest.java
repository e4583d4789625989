package dev.cryo.lower.ptx;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

/** Integer instructions against a model on big integers. */
class IntegerOpcodesTest {
    private static final long SEED = 20240817;

    private static BigInteger value(long bits, String type) {
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(Operand.bits(type, bits)));
        boolean negative = type.startsWith("s") && unsigned.testBit(Operand.width(type) - 1);
        return negative ? unsigned.subtract(BigInteger.ONE.shiftLeft(Operand.width(type))) : unsigned;
    }

    private interface Big {
        BigInteger apply(BigInteger a, BigInteger b, BigInteger c);
    }

    private static void arithmetic(String opcode, String[] types, Big model) throws Exception {
        for (String type : types) {
            OpcodeHarness.check(opcode + "." + type, type + " " + type + " " + type, SEED,
                    (a, b, c) -> model.apply(value(a, type), value(b, type), BigInteger.ZERO).longValue());
        }
    }

    private static final String[] ALL = {"u16", "s16", "u32", "s32", "u64", "s64"};

    @Test
    void addsSubtractsAndMultiplies() throws Exception {
        arithmetic("add", ALL, (a, b, c) -> a.add(b));
        arithmetic("sub", ALL, (a, b, c) -> a.subtract(b));
        arithmetic("mul.lo", ALL, (a, b, c) -> a.multiply(b));
        for (String type : ALL) {
            int width = Operand.width(type);
            arithmetic("mul.hi", new String[] {type}, (a, b, c) -> a.multiply(b).shiftRight(width));
            if (width < 64) {
                String wide = type.charAt(0) + String.valueOf(width * 2);
                OpcodeHarness.check("mul.wide." + type, wide + " " + type + " " + type, SEED,
                        (a, b, c) -> value(a, type).multiply(value(b, type)).longValue());
                OpcodeHarness.check("mad.wide." + type, wide + " " + type + " " + type + " " + wide, SEED,
                        (a, b, c) -> value(a, type).multiply(value(b, type)).add(value(c, wide)).longValue());
            }
            OpcodeHarness.check("mad.lo." + type, type + " " + type + " " + type + " " + type, SEED,
                    (a, b, c) -> value(a, type).multiply(value(b, type)).add(value(c, type)).longValue());
        }
    }

    @Test
    void dividesAndKnowsDivisionByZero() throws Exception {
        arithmetic("div", ALL, (a, b, c) -> b.signum() == 0 ? BigInteger.ONE.negate() : a.divide(b));
        arithmetic("rem", ALL, (a, b, c) -> b.signum() == 0 ? BigInteger.ONE.negate() : a.remainder(b));
    }

    @Test
    void findsMinimumMaximumAndAbsoluteValue() throws Exception {
        arithmetic("min", ALL, (a, b, c) -> a.min(b));
        arithmetic("max", ALL, (a, b, c) -> a.max(b));
        for (String type : new String[] {"s16", "s32", "s64"}) {
            OpcodeHarness.check("abs." + type, type + " " + type, SEED, (a, b, c) -> value(a, type).abs().longValue());
            OpcodeHarness.check("neg." + type, type + " " + type, SEED,
                    (a, b, c) -> value(a, type).negate().longValue());
        }
        OpcodeHarness.check("sad.u32", "u32 u32 u32 u32", SEED,
                (a, b, c) -> value(a, "u32").subtract(value(b, "u32")).abs().longValue() + c);
        OpcodeHarness.check("sad.s32", "s32 s32 s32 s32", SEED,
                (a, b, c) -> value(a, "s32").subtract(value(b, "s32")).abs().longValue() + c);
    }

    @Test
    void saturates() throws Exception {
        BigInteger max = BigInteger.valueOf(Integer.MAX_VALUE);
        BigInteger min = BigInteger.valueOf(Integer.MIN_VALUE);
        arithmetic("add.sat", new String[] {"s32"}, (a, b, c) -> a.add(b).min(max).max(min));
        arithmetic("sub.sat", new String[] {"s32"}, (a, b, c) -> a.subtract(b).min(max).max(min));
    }

    @Test
    void multipliesTwentyFourBits() throws Exception {
        OpcodeHarness.check("mul24.lo.u32", "u32 u32 u32", SEED, (a, b, c) -> (a & 0xffffff) * (b & 0xffffff));
        OpcodeHarness.check("mul24.hi.u32", "u32 u32 u32", SEED, (a, b, c) -> (a & 0xffffff) * (b & 0xffffff) >>> 16);
        OpcodeHarness.check("mad24.lo.s32", "s32 s32 s32 s32", SEED,
                (a, b, c) -> (a << 40 >> 40) * (b << 40 >> 40) + c);
        OpcodeHarness.check("mul24.hi.s32", "s32 s32 s32", SEED, (a, b, c) -> (a << 40 >> 40) * (b << 40 >> 40) >> 16);
    }

    @Test
    void compares() throws Exception {
        for (String type : ALL) {
            for (String comparison : new String[] {"eq", "ne", "lt", "le", "gt", "ge"}) {
                OpcodeHarness.check("setp." + comparison + "." + type, "pred " + type + " " + type, SEED,
                        (a, b, c) -> holds(comparison, value(a, type).compareTo(value(b, type))) ? 1 : 0);
            }
        }
        for (String[] pair : new String[][] {{"lo", "lt"}, {"ls", "le"}, {"hi", "gt"}, {"hs", "ge"}}) {
            OpcodeHarness.check("setp." + pair[0] + ".u32", "pred u32 u32", SEED,
                    (a, b, c) -> holds(pair[1], Long.compare(a, b)) ? 1 : 0);
        }
        OpcodeHarness.check("setp.lt.and.s32", "pred s32 s32 pred", SEED,
                (a, b, c) -> (int) a < (int) b && c != 0 ? 1 : 0);
        OpcodeHarness.check("setp.eq.or.u64", "pred u64 u64 pred", SEED, (a, b, c) -> a == b || c != 0 ? 1 : 0);
        OpcodeHarness.check("setp.ge.xor.s32", "pred s32 s32 pred", SEED,
                (a, b, c) -> (int) a >= (int) b ^ c != 0 ? 1 : 0);
        OpcodeHarness.check("set.lt.u32.s32", "u32 s32 s32", SEED, (a, b, c) -> (int) a < (int) b ? -1 : 0);
        OpcodeHarness.check("set.ne.f32.s32", "f32 s32 s32", SEED, (a, b, c) -> a != b ? 0x3f800000 : 0);
        OpcodeHarness.check("{ .reg .pred q; setp.lt.and.s32 q|d, a, b, c; }", "setp with two results",
                "pred s32 s32 pred", SEED, (a, b, c) -> (int) a >= (int) b && c != 0 ? 1 : 0);
    }

    private static boolean holds(String comparison, int sign) {
        return switch (comparison) {
            case "eq" -> sign == 0;
            case "ne" -> sign != 0;
            case "lt" -> sign < 0;
            case "le" -> sign <= 0;
            case "gt" -> sign > 0;
            default -> sign >= 0;
        };
    }

    @Test
    void selects() throws Exception {
        for (String type : new String[] {"b16", "u32", "f32", "s64", "f64"}) {
            OpcodeHarness.check("selp." + type, type + " " + type + " " + type + " pred", SEED,
                    (a, b, c) -> c != 0 ? a : b);
        }
        OpcodeHarness.check("slct.u32.s32", "u32 u32 u32 s32", SEED, (a, b, c) -> (int) c >= 0 ? a : b);
        OpcodeHarness.check("slct.b64.f32", "b64 b64 b64 f32", SEED,
                (a, b, c) -> Float.intBitsToFloat((int) c) >= 0 ? a : b);
    }

    @Test
    void carries() throws Exception {
        String add = "{ .reg .u32 al, ah, bl, bh, dl, dh; mov.b64 {al, ah}, a; mov.b64 {bl, bh}, b; "
                + "add.cc.u32 dl, al, bl; addc.u32 dh, ah, bh; mov.b64 d, {dl, dh}; }";
        OpcodeHarness.check(add, "add.cc, addc", "u64 u64 u64", SEED, (a, b, c) -> a + b);
        OpcodeHarness.check(add.replace("add", "sub"), "sub.cc, subc", "u64 u64 u64", SEED, (a, b, c) -> a - b);
        OpcodeHarness.check("{ .reg .u32 al, ah, bl, bh, dl, dh; mov.b64 {al, ah}, a; mov.b64 {bl, bh}, b; "
                + "mul.lo.u32 dl, al, bl; mul.hi.u32 dh, al, bl; mad.lo.u32 dh, al, bh, dh; "
                + "mad.lo.u32 dh, ah, bl, dh; mov.b64 d, {dl, dh}; }", "mad", "u64 u64 u64", SEED, (a, b, c) -> a * b);
        OpcodeHarness.check("{ .reg .u64 l, h; mad.lo.cc.u64 l, a, b, c; madc.hi.u64 d, a, b, 0; }",
                "mad.lo.cc, madc.hi", "u64 u64 u64 u64", SEED, (a, b, c) -> value(a, "u64").multiply(value(b, "u64"))
                        .add(value(c, "u64")).shiftRight(64).longValue());
        OpcodeHarness.check("{ .reg .u64 l, h; sub.cc.u64 l, a, b; subc.u64 d, c, 0; }", "subc.u64",
                "u64 u64 u64 u64", SEED, (a, b, c) -> c - (Long.compareUnsigned(a, b) < 0 ? 1 : 0));
    }

    @Test
    void obeysGuards() throws Exception {
        OpcodeHarness.check("mov.u32 d, 7; @c add.u32 d, a, b;", "guarded add", "u32 u32 u32 pred", SEED,
                (a, b, c) -> c != 0 ? a + b : 7);
        OpcodeHarness.check("mov.f64 d, a; @!c mul.f64 d, a, b;", "guarded mul", "f64 f64 f64 pred", SEED,
                (a, b, c) -> c != 0 ? a
                        : Double.doubleToRawLongBits(Double.longBitsToDouble(a) * Double.longBitsToDouble(b)));
    }

    @Test
    void shiftsAndClamps() throws Exception {
        for (String type : new String[] {"b16", "b32", "b64"}) {
            int width = Operand.width(type);
            OpcodeHarness.check("shl." + type, type + " " + type + " u32", SEED,
                    (a, b, c) -> b >= width ? 0 : a << b);
            OpcodeHarness.check("shr." + type.replace('b', 'u'), type + " " + type + " u32", SEED,
                    (a, b, c) -> b >= width ? 0 : a >>> b);
            String signed = type.replace('b', 's');
            OpcodeHarness.check("shr." + signed, signed + " " + signed + " u32", SEED,
                    (a, b, c) -> value(a, signed).shiftRight((int) Math.min(b, 64)).longValue());
            for (int amount : new int[] {0, 1, 15, 16, 31, 32, 33, 63, 64, 65}) {
                OpcodeHarness.check("shl." + type + " d, a, " + amount + ";", "shl by " + amount, type + " " + type,
                        SEED, (a, b, c) -> amount >= width ? 0 : a << amount);
                OpcodeHarness.check("shr." + signed + " d, a, " + amount + ";", "shr by " + amount,
                        signed + " " + signed, SEED, (a, b, c) -> value(a, signed).shiftRight(amount).longValue());
            }
        }
        for (String mode : new String[] {"clamp", "wrap"}) {
            OpcodeHarness.check("shf.l." + mode + ".b32", "b32 b32 b32 u32", SEED, (a, b, c) -> {
                int n = (int) (mode.equals("clamp") ? Math.min(c, 32) : c & 31);
                return value(b << 32 | a, "u64").shiftLeft(n).shiftRight(32).longValue();
            });
            OpcodeHarness.check("shf.r." + mode + ".b32", "b32 b32 b32 u32", SEED, (a, b, c) -> {
                int n = (int) (mode.equals("clamp") ? Math.min(c, 32) : c & 31);
                return value(b << 32 | a, "u64").shiftRight(n).longValue();
            });
        }
    }

    @Test
    void computesLogic() throws Exception {
        for (String type : new String[] {"b16", "b32", "b64", "pred"}) {
            OpcodeHarness.check("and." + type, type + " " + type + " " + type, SEED, (a, b, c) -> a & b);
            OpcodeHarness.check("or." + type, type + " " + type + " " + type, SEED, (a, b, c) -> a | b);
            OpcodeHarness.check("xor." + type, type + " " + type + " " + type, SEED, (a, b, c) -> a ^ b);
            OpcodeHarness.check("not." + type, type + " " + type, SEED, (a, b, c) -> ~a);
        }
        OpcodeHarness.check("cnot.b32", "b32 b32", SEED, (a, b, c) -> a == 0 ? 1 : 0);
        for (int table : new int[] {0, 0x80, 0xfe, 0x96, 0xca, 0x1a, 0xff}) {
            OpcodeHarness.check("lop3.b32 d, a, b, c, " + table + ";", "lop3", "b32 b32 b32 b32", SEED, (a, b, c) -> {
                long result = 0;
                for (int bit = 0; bit < 32; bit++) {
                    long index = (a >> bit & 1) << 2 | (b >> bit & 1) << 1 | c >> bit & 1;
                    result |= (long) (table >> index & 1) << bit;
                }
                return result;
            });
        }
    }

    @Test
    void countsAndFindsBits() throws Exception {
        for (String type : new String[] {"b32", "b64"}) {
            int width = Operand.width(type);
            OpcodeHarness.check("popc." + type, "u32 " + type, SEED, (a, b, c) -> value(a, type).bitCount());
            OpcodeHarness.check("clz." + type, "u32 " + type, SEED, (a, b, c) -> width - value(a, type).bitLength());
            OpcodeHarness.check("brev." + type, type + " " + type, SEED, (a, b, c) -> Long.reverse(a) >>> 64 - width);
            for (char sign : new char[] {'u', 's'}) {
                String t = sign + type.substring(1);
                OpcodeHarness.check("bfind." + t, "u32 " + t, SEED, (a, b, c) -> top(value(a, t)));
                OpcodeHarness.check("bfind.shiftamt." + t, "u32 " + t, SEED,
                        (a, b, c) -> top(value(a, t)) < 0 ? -1 : width - 1 - top(value(a, t)));
            }
        }
    }

    private static int top(BigInteger value) {
        return value.bitLength() - 1;
    }

    @Test
    void extractsAndInsertsFields() throws Exception {
        for (String type : new String[] {"u32", "s32", "u64", "s64"}) {
            int width = Operand.width(type);
            OpcodeHarness.check("bfe." + type, type + " " + type + " u32 u32", SEED, (a, b, c) -> {
                long start = width == 64 ? b : b & 255;
                long length = width == 64 ? c : c & 255;
                long sign = type.startsWith("u") || length == 0 ? 0 : a >>> Math.min(start + length - 1, width - 1) & 1;
                long result = 0;
                for (int i = 0; i < width; i++) {
                    long bit = i < length && start + i < width ? a >>> start + i & 1 : sign;
                    result |= bit << i;
                }
                return result;
            });
        }
        for (String type : new String[] {"b32", "b64"}) {
            int width = Operand.width(type);
            OpcodeHarness.check("bfi." + type + " d, a, b, c, 9;", "bfi", type + " " + type + " " + type + " u32", SEED,
                    (a, b, c) -> {
                        long start = width == 64 ? c : c & 255;
                        long result = b;
                        for (int i = 0; i < 9 && start + i < width; i++) {
                            long at = start + i;
                            result = result & ~(1L << at) | (a >>> i & 1) << at;
                        }
                        return result;
                    });
        }
        OpcodeHarness.check("bmsk.clamp.b32", "b32 u32 u32", SEED, (a, b, c) -> a >= 32 ? 0
                : ((1L << Math.min(b, 32)) - 1) << a);
        OpcodeHarness.check("bmsk.wrap.b32", "b32 u32 u32", SEED, (a, b, c) -> ((1L << (b & 31)) - 1) << (a & 31));
    }

    @Test
    void permutesBytesAndSumsDifferences() throws Exception {
        OpcodeHarness.check("prmt.b32", "b32 b32 b32 b32", SEED, (a, b, c) -> {
            long bytes = b << 32 | a;
            long result = 0;
            for (int i = 0; i < 4; i++) {
                long selector = c >> 4 * i & 15;
                long value = bytes >>> 8 * (selector & 7) & 255;
                result |= (selector < 8 ? value : value > 127 ? 255 : 0) << 8 * i;
            }
            return result;
        });
        OpcodeHarness.check("vabsdiff4.u32.u32.u32.add", "u32 u32 u32 u32", SEED, (a, b, c) -> {
            long sum = c;
            for (int i = 0; i < 32; i += 8) {
                sum += Math.abs((a >> i & 255) - (b >> i & 255));
            }
            return sum;
        });
        OpcodeHarness.check("dp4a.s32.u32", "s32 b32 b32 s32", SEED, (a, b, c) -> {
            long sum = c;
            for (int i = 0; i < 32; i += 8) {
                sum += (byte) (a >> i) * (b >> i & 255);
            }
            return sum;
        });
    }

    /** Whether one type has all values of another. */
    private static boolean fits(String from, String to) {
        int sign = from.startsWith("u") && to.startsWith("s") ? 1 : 0;
        return Operand.width(from) + sign <= Operand.width(to) && (from.startsWith("u") || to.startsWith("s"));
    }

    @Test
    void convertsBetweenIntegers() throws Exception {
        String[] all = {"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"};
        for (String to : all) {
            for (String from : all) {
                OpcodeHarness.check("cvt." + to + "." + from, to + " " + from, SEED,
                        (a, b, c) -> value(a, from).longValue());
                if (fits(from, to)) {
                    continue; // There is no such instruction.
                }
                OpcodeHarness.check("cvt.sat." + to + "." + from, to + " " + from, SEED, (a, b, c) -> {
                    int width = Operand.width(to);
                    boolean signed = to.startsWith("s");
                    BigInteger max = BigInteger.ONE.shiftLeft(signed ? width - 1 : width).subtract(BigInteger.ONE);
                    BigInteger min = signed ? BigInteger.ONE.shiftLeft(width - 1).negate() : BigInteger.ZERO;
                    return value(a, from).min(max).max(min).longValue();
                });
            }
        }
    }

    @Test
    @OnlyOnProcessor("NVIDIA's compiler takes them in one order only")
    void modifiersMayComeInAnyOrder() throws Exception {
        OpcodeHarness.check("mul.u32.wide", "u64 u32 u32", SEED, (a, b, c) -> a * b);
    }
}
