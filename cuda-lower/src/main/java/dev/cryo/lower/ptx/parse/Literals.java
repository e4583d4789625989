package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import java.util.Locale;

/** Reads number literals. */
final class Literals {
    private Literals() {
    }

    static Syntax.Operand parse(Token token) throws PtxException {
        String text = token.text().toLowerCase(Locale.ROOT);
        try {
            if (text.startsWith("0f") && text.length() == 10) {
                return new Syntax.Real(Integer.parseUnsignedInt(text.substring(2), 16), true);
            }
            if (text.startsWith("0d") && text.length() == 18) {
                return new Syntax.Real(Long.parseUnsignedLong(text.substring(2), 16), false);
            }
            if (text.indexOf('.') >= 0 || !text.startsWith("0x") && text.indexOf('e') > 0) {
                return new Syntax.Real(Double.doubleToRawLongBits(decimal(text)), false);
            }
            return new Syntax.Int(integer(text.endsWith("u") ? text.substring(0, text.length() - 1) : text));
        } catch (NumberFormatException e) {
            throw PtxException.invalid(token.line(), "malformed number " + token.shown());
        }
    }

    private static double decimal(String text) {
        if (text.endsWith("f") || text.endsWith("d") || text.startsWith("0x")) {
            throw new NumberFormatException(text);
        }
        return Double.parseDouble(text);
    }

    private static long integer(String text) {
        if (text.startsWith("0x")) {
            return Long.parseUnsignedLong(text.substring(2), 16);
        }
        if (text.startsWith("0b")) {
            return Long.parseUnsignedLong(text.substring(2), 2);
        }
        if (text.startsWith("0") && text.length() > 1) {
            return Long.parseUnsignedLong(text.substring(1), 8);
        }
        return Long.parseUnsignedLong(text);
    }
}
