package dev.cryo.proxy.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/**
 * A driver's library, loaded for as long as the JVM lives: drivers do not take well to being unloaded.
 *
 * <p>Arguments are int, long or {@link MemorySegment}, and are passed as what they are.
 */
public final class NativeLibrary {
    private final SymbolLookup symbols;

    private NativeLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
    }

    /** Loads a library by the name that the system's loader finds it by; empty when there is none. */
    public static Optional<NativeLibrary> load(String name) {
        try {
            return Optional.of(new NativeLibrary(SymbolLookup.libraryLookup(name, Arena.global())));
        } catch (IllegalArgumentException e) {
            // The way this lookup says that the loader did not find it.
            return Optional.empty();
        }
    }

    /** Whether it has a function. */
    public boolean has(String function) {
        return symbols.find(function).isPresent();
    }

    /** Calls a function that returns an int. */
    public int integer(String function, Object... arguments) {
        return (int) call(symbols.findOrThrow(function), ValueLayout.JAVA_INT, arguments);
    }

    /** Calls a function that returns a pointer. */
    public MemorySegment pointer(String function, Object... arguments) {
        return (MemorySegment) call(symbols.findOrThrow(function), ValueLayout.ADDRESS, arguments);
    }

    /** Calls the function at an address, which returns a pointer. */
    public static MemorySegment pointer(MemorySegment function, Object... arguments) {
        return (MemorySegment) call(function, ValueLayout.ADDRESS, arguments);
    }

    /** The text at a pointer; empty for null. */
    public static String text(MemorySegment pointer) {
        return pointer.address() == 0 ? "" : pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    private static Object call(MemorySegment function, MemoryLayout result, Object... arguments) {
        MemoryLayout[] layouts = Arrays.stream(arguments).map(NativeLibrary::layout).toArray(MemoryLayout[]::new);
        try {
            return Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.of(result, layouts))
                    .invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer i -> ValueLayout.JAVA_INT;
            case Long l -> ValueLayout.JAVA_LONG;
            case MemorySegment s -> ValueLayout.ADDRESS;
            default -> throw new IllegalArgumentException("no native argument: " + argument);
        };
    }
}
