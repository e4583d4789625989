package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.math.BitMath;
import dev.cryo.lower.ptx.math.Conversions;
import dev.cryo.lower.ptx.math.DoubleMath;
import dev.cryo.lower.ptx.math.FloatMath;
import dev.cryo.lower.ptx.math.HalfMath;
import dev.cryo.lower.ptx.math.IntegerMath;
import dev.cryo.lower.ptx.math.Lanewise;
import java.lang.classfile.Opcode;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A primitive operation: an instruction of the virtual machine (named in lower case, such as {@code iadd}) or a static
 * method of package {@code math} (by its name).
 */
public final class Prim {
    private static final List<Class<?>> LIBRARY = List.of(IntegerMath.class, BitMath.class, FloatMath.class,
            DoubleMath.class, Conversions.class, HalfMath.class);
    private static final Map<String, Prim> BY_NAME = new HashMap<>();

    static {
        for (String name : ("iadd isub imul iand ior ixor ladd lsub lmul land lor lxor "
                + "fadd fsub fmul fdiv dadd dsub dmul ddiv").split(" ")) {
            Kind kind = kind(name.charAt(0));
            machine(name, kind, kind, kind);
        }
        for (String name : "ishl ishr iushr".split(" ")) {
            machine(name, Kind.I, Kind.I, Kind.I);
        }
        for (String name : "lshl lshr lushr".split(" ")) {
            machine(name, Kind.L, Kind.L, Kind.I);
        }
        for (String name : "i2l i2f i2d l2i l2f l2d f2i f2l f2d d2i d2l d2f".split(" ")) {
            machine(name, kind(name.charAt(2)), kind(name.charAt(0)));
        }
        for (String name : "ineg lneg fneg dneg".split(" ")) {
            machine(name, kind(name.charAt(0)), kind(name.charAt(0)));
        }
        for (Class<?> type : LIBRARY) {
            for (Method method : type.getDeclaredMethods()) {
                if (Modifier.isPublic(method.getModifiers())) {
                    library(method);
                }
            }
        }
    }

    private final String name;
    private final Kind result;
    private final List<Kind> parameters;
    private final @Nullable Opcode opcode;
    private final @Nullable Method method;
    private final boolean vectorizes;
    private final int cost;

    private Prim(String name, Kind result, List<Kind> parameters, @Nullable Opcode opcode, @Nullable Method method,
            boolean vectorizes, int cost) {
        this.name = name;
        this.result = result;
        this.parameters = parameters;
        this.opcode = opcode;
        this.method = method;
        this.vectorizes = vectorizes;
        this.cost = cost;
    }

    private static void machine(String name, Kind result, Kind... parameters) {
        boolean conversion = name.charAt(1) == '2';
        boolean vectorizes = !conversion || !List.of("f2l", "d2l", "l2f", "l2d", "d2i").contains(name);
        BY_NAME.put(name, new Prim(name, result, List.of(parameters), Opcode.valueOf(name.toUpperCase(Locale.ROOT)),
                null, vectorizes, 1));
    }

    private static void library(Method method) {
        Kind[] parameters = new Kind[method.getParameterCount()];
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] = kind(method.getParameterTypes()[i].getName().charAt(0));
        }
        Lanewise lanewise = method.getAnnotation(Lanewise.class);
        Prim prim = new Prim(method.getName(), kind(method.getReturnType().getName().charAt(0)), List.of(parameters),
                null, method, lanewise != null, lanewise != null ? lanewise.cost() : 4);
        if (BY_NAME.put(method.getName(), prim) != null) {
            throw new IllegalStateException("two operations of name " + method.getName());
        }
    }

    private static Kind kind(char first) {
        return switch (first) {
            case 'i' -> Kind.I;
            case 'l' -> Kind.L;
            case 'f' -> Kind.F;
            case 'd' -> Kind.D;
            default -> throw new IllegalArgumentException("no machine kind begins with " + first);
        };
    }

    /** The operation of this name. */
    public static Prim named(String name) {
        Prim prim = BY_NAME.get(name);
        if (prim == null) {
            throw new IllegalArgumentException("no operation " + name);
        }
        return prim;
    }

    /** The value of this operation on {@code args}, which must have the kinds of the parameters. */
    public static Expr apply(String name, Expr... args) {
        Prim prim = named(name);
        for (int i = 0; i < args.length; i++) {
            if (args[i].kind() != prim.parameters.get(i)) {
                throw new IllegalArgumentException(name + " argument " + i + " is " + args[i].kind());
            }
        }
        if (args.length != prim.parameters.size()) {
            throw new IllegalArgumentException(name + " takes " + prim.parameters.size() + " arguments");
        }
        return new Expr.Apply(prim, List.of(args));
    }

    /** The name by which this operation is found. */
    public String name() {
        return name;
    }

    /** The kind of the result. */
    public Kind result() {
        return result;
    }

    /** The instruction that this operation is, or null when it is a method. */
    public @Nullable Opcode opcode() {
        return opcode;
    }

    /** The method that this operation is, or null when it is an instruction. */
    public @Nullable Method method() {
        return method;
    }

    /** Whether HotSpot turns a loop of this operation into vector instructions. */
    public boolean vectorizes() {
        return vectorizes;
    }

    /** The number of machine operations, roughly. */
    public int cost() {
        return cost;
    }

    /** Whether the result depends on the arguments only. */
    public boolean pure() {
        return !name.startsWith("clock") && !name.startsWith("globaltimer");
    }
}
