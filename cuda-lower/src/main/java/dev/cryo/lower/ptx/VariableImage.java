package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.ir.Layout;
import dev.cryo.lower.ptx.ir.PtxType;
import dev.cryo.lower.ptx.parse.Syntax;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Variables that lie one after the other: how they begin. */
final class VariableImage {
    /** An address of a variable, or the part of one from a bit on, that stands in an initial value. */
    private record Pointer(int offset, int bytes, int shift, String variable, long addend) {
    }

    private final Layout layout = new Layout();
    private final List<Pointer> pointers = new ArrayList<>();
    private byte[] initial = new byte[0];

    /** Places a variable after those before it. */
    int place(Syntax.Variable variable) throws PtxException {
        return layout.place(Layout.bytes(variable), Layout.align(variable), variable.line());
    }

    /** To be called when all are placed, before the first {@link #write}. */
    void complete() {
        initial = new byte[layout.size()];
    }

    int bytes() {
        return initial.length;
    }

    /** Takes the initial value of a variable; {@code known} has the names of all variables of the module. */
    void write(Syntax.Variable variable, int start, Map<String, ?> known) throws PtxException {
        PtxType type = PtxType.named(variable.type());
        if (type == null) {
            return;
        }
        int element = type.bytes();
        if (variable.values().size() > Layout.bytes(variable) / element) {
            throw PtxException.invalid(variable.line(), "too many initial values for " + variable.name());
        }
        ByteBuffer buffer = ByteBuffer.wrap(initial).order(ByteOrder.LITTLE_ENDIAN);
        int at = start;
        for (Syntax.Operand value : variable.values()) {
            switch (value) {
                case Syntax.Int literal -> put(buffer, at, element, literal.value());
                case Syntax.Real real -> put(buffer, at, element, bits(real, element));
                case Syntax.Name name -> pointer(variable, at, element, name, known);
                case Syntax.Generic generic -> pointer(variable, at, element, generic.symbol(), known);
                case Syntax.Masked part -> part(variable, at, element, part, known);
                default -> throw PtxException.invalid(variable.line(), "initial value of " + variable.name());
            }
            at += element;
        }
    }

    private static long bits(Syntax.Real real, int bytes) {
        double value = real.single() ? Float.intBitsToFloat((int) real.bits()) : Double.longBitsToDouble(real.bits());
        return switch (bytes) {
            case 8 -> real.single() ? Double.doubleToRawLongBits(value) : real.bits();
            case 4 -> real.single() ? real.bits() : Float.floatToRawIntBits((float) value);
            default -> Float.floatToFloat16((float) value);
        };
    }

    private static void put(ByteBuffer buffer, int at, int bytes, long value) {
        switch (bytes) {
            case 1 -> buffer.put(at, (byte) value);
            case 2 -> buffer.putShort(at, (short) value);
            case 4 -> buffer.putInt(at, (int) value);
            default -> buffer.putLong(at, value);
        }
    }

    private void pointer(Syntax.Variable variable, int at, int bytes, Syntax.Name name, Map<String, ?> known)
            throws PtxException {
        if (bytes != 8) {
            throw PtxException.unsupported(variable.line(), "part of an address as initial value of "
                    + variable.name());
        }
        requireKnown(variable, name, known);
        pointers.add(new Pointer(at, bytes, 0, name.text(), name.offset()));
    }

    private void part(Syntax.Variable variable, int at, int bytes, Syntax.Masked part, Map<String, ?> known)
            throws PtxException {
        int shift = Long.numberOfTrailingZeros(part.mask());
        if (bytes != 1 || shift % 8 != 0 || part.mask() != 0xffL << shift) {
            throw PtxException.invalid(variable.line(), "mask 0x" + Long.toHexString(part.mask())
                    + " of an address as initial value of " + variable.name());
        }
        requireKnown(variable, part.symbol(), known);
        pointers.add(new Pointer(at, 1, shift, part.symbol().text(), part.symbol().offset()));
    }

    private static void requireKnown(Syntax.Variable variable, Syntax.Name name, Map<String, ?> known)
            throws PtxException {
        if (!known.containsKey(name.text())) {
            throw PtxException.unsupported(variable.line(),
                    "address of " + name.text() + " as initial value of " + variable.name());
        }
    }

    /** Writes the initial values to memory, with the addresses that variables have. */
    void initialize(long base, Map<String, Long> addresses) {
        if (initial.length > 0) {
            MemorySegment.copy(image(addresses), 0, MemorySegment.ofAddress(base).reinterpret(initial.length),
                    ValueLayout.JAVA_BYTE, 0, initial.length);
        }
    }

    /** The initial values, with the addresses that variables have. */
    byte[] image(Map<String, Long> addresses) {
        byte[] image = initial.clone();
        ByteBuffer buffer = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        for (Pointer pointer : pointers) {
            Long address = addresses.get(pointer.variable);
            if (address != null) {
                put(buffer, pointer.offset, pointer.bytes, address + pointer.addend >>> pointer.shift);
            }
        }
        return image;
    }
}
