package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.ir.Layout;
import dev.cryo.lower.ptx.ir.PtxType;
import dev.cryo.lower.ptx.parse.Syntax;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The variables of a module in global and constant memory: where they lie and how they begin. */
final class Variables {
    /** An address of a variable that stands in an initial value. */
    private record Pointer(int offset, String variable, long addend) {
    }

    private final List<GlobalInfo> infos = new ArrayList<>();
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final List<Pointer> pointers = new ArrayList<>();
    private byte[] initial = new byte[0];

    private Variables() {
    }

    static Variables layOut(Syntax.Module module) throws PtxException {
        Variables variables = new Variables();
        Layout layout = new Layout();
        List<Syntax.Variable> placed = new ArrayList<>();
        for (Syntax.Variable variable : module.variables()) {
            boolean constant = variable.space().equals(".const");
            if (constant || variable.space().equals(".global")) {
                variables.place(variable, constant, layout);
                placed.add(variable);
            }
        }
        variables.initial = new byte[layout.size()];
        for (Syntax.Variable variable : placed) {
            variables.writeInitial(variable);
        }
        return variables;
    }

    private void place(Syntax.Variable variable, boolean constant, Layout layout) throws PtxException {
        if (variable.linkage().equals(".extern")) {
            throw PtxException.unsupported(variable.line(), "external variable " + variable.name());
        }
        int bytes = Layout.bytes(variable);
        int align = Layout.align(variable);
        int offset = layout.place(bytes, align, variable.line());
        if (offsets.put(variable.name(), (long) offset) != null) {
            throw PtxException.invalid(variable.line(), "variable " + variable.name() + " stands twice");
        }
        infos.add(new GlobalInfo(variable.name(), constant, offset, bytes, align));
    }

    private void writeInitial(Syntax.Variable variable) throws PtxException {
        PtxType type = PtxType.named(variable.type());
        Long start = offsets.get(variable.name());
        if (type == null || start == null) {
            return;
        }
        int element = type.bytes();
        if (variable.values().size() > Layout.bytes(variable) / element) {
            throw PtxException.invalid(variable.line(), "too many initial values for " + variable.name());
        }
        ByteBuffer buffer = ByteBuffer.wrap(initial).order(ByteOrder.LITTLE_ENDIAN);
        int at = start.intValue();
        for (Syntax.Operand value : variable.values()) {
            switch (value) {
                case Syntax.Int literal -> put(buffer, at, element, literal.value());
                case Syntax.Real real -> put(buffer, at, element, bits(real, element));
                case Syntax.Name name -> pointer(variable, at, element, name);
                case Syntax.Generic generic -> pointer(variable, at, element, generic.symbol());
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

    private void pointer(Syntax.Variable variable, int at, int bytes, Syntax.Name name) throws PtxException {
        if (!offsets.containsKey(name.text())) {
            throw PtxException.unsupported(variable.line(),
                    "address of " + name.text() + " as initial value of " + variable.name());
        }
        if (bytes != 8) {
            throw PtxException.unsupported(variable.line(), "part of an address as initial value of "
                    + variable.name());
        }
        pointers.add(new Pointer(at, name.text(), name.offset()));
    }

    List<GlobalInfo> infos() {
        return List.copyOf(infos);
    }

    long bytes() {
        return initial.length;
    }

    Map<String, Long> addresses(long base) {
        Map<String, Long> addresses = new LinkedHashMap<>();
        offsets.forEach((name, offset) -> addresses.put(name, base + offset));
        return Map.copyOf(addresses);
    }

    void initialize(long base) {
        if (initial.length == 0) {
            return;
        }
        byte[] image = initial.clone();
        ByteBuffer buffer = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Long> addresses = addresses(base);
        for (Pointer pointer : pointers) {
            Long address = addresses.get(pointer.variable);
            if (address != null) {
                buffer.putLong(pointer.offset, address + pointer.addend);
            }
        }
        MemorySegment.copy(image, 0, MemorySegment.ofAddress(base).reinterpret(image.length), ValueLayout.JAVA_BYTE, 0,
                image.length);
    }
}
