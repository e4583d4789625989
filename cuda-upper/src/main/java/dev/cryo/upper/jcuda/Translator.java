package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.agent.Linkage;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.RuntimeState;
import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Links the native methods of one of JCuda's two binding classes to their translations. Thread-safe. */
public final class Translator implements Linkage {
    private static final String SUFFIX = "Native";
    private static final Pattern FUNCTION = Pattern.compile("cu(da)?[A-Z]\\w*");
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private final Map<String, MethodHandle> translations = new HashMap<>();
    private final Tracing tracing = new Tracing();
    private final @Nullable RuntimeState runtime;

    private Translator(List<Record> classes, @Nullable RuntimeState runtime) {
        this.runtime = runtime;
        classes.forEach(this::add);
    }

    /** The translations of a binding class, {@code JCudaDriver} or {@code JCuda}, or what pointers ask for. */
    public static Linkage open(Cuda cuda, Class<?> binding) {
        return switch (binding.getSimpleName()) {
            case "JCudaDriver" -> driver(cuda);
            case "JCuda" -> runtime(cuda);
            case "Pointer" -> new PointerBuffers(cuda.unifiedMemory());
            default -> throw new IllegalArgumentException("no translations for " + binding);
        };
    }

    static Translator driver(Cuda cuda) {
        return new Translator(
                List.of(
                        new DriverDevices(cuda),
                        new DriverContexts(cuda),
                        new DriverPrimaryContexts(cuda),
                        new DriverModules(cuda),
                        new DriverMemory(cuda),
                        new DriverUnifiedMemory(cuda),
                        new DriverHostMemory(cuda),
                        new DriverCopies(cuda),
                        new DriverCopies2D(cuda),
                        new DriverSets(cuda),
                        new DriverPointers(cuda),
                        new DriverStreams(cuda),
                        new DriverEvents(cuda),
                        new DriverLaunches(cuda),
                        new DriverLegacyLaunches(cuda),
                        new DriverOccupancy(cuda),
                        new DriverProfiler(cuda)),
                null);
    }

    static Translator runtime(Cuda cuda) {
        return new Translator(
                List.of(
                        new RuntimeDevices(cuda),
                        new RuntimeSettings(cuda),
                        new RuntimeErrors(cuda),
                        new RuntimeMemory(cuda),
                        new RuntimeUnifiedMemory(cuda),
                        new RuntimeHostMemory(cuda),
                        new RuntimeCopies(cuda),
                        new RuntimeSets(cuda),
                        new RuntimeStreams(cuda),
                        new RuntimeEvents(cuda)),
                cuda.runtime());
    }

    /** The functions that are translated. */
    Set<String> functions() {
        return translations.keySet();
    }

    private void add(Record translations) {
        for (Method method : translations.getClass().getDeclaredMethods()) {
            String name = method.getName();
            if (FUNCTION.matcher(name).matches()) {
                try {
                    MethodHandle earlier = this.translations.put(
                            name, LOOKUP.unreflect(method).bindTo(translations));
                    if (earlier != null) {
                        throw new IllegalStateException(name + " has two translations");
                    }
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(method + " is private", e);
                }
            }
        }
    }

    @Override
    public CallSite link(String name, MethodType type) {
        if (name.equals("setLogLevel")) {
            return tracing.control(type);
        }
        String function = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        MethodHandle translation = translations.get(function);
        MethodHandle target = translation == null ? refusal(function, type) : answering(translation).asType(type);
        boolean remembers = runtime != null && type.returnType() == int.class && !function.endsWith("LastError");
        return tracing.site(function, runtime != null && remembers ? remembering(target, runtime) : target);
    }

    private static MethodHandle answering(MethodHandle translation) {
        MethodHandle answer = translation.type().returnType() == void.class
                ? MethodHandles.filterReturnValue(translation, MethodHandles.constant(int.class, CudaResult.SUCCESS))
                : translation;
        return answer.type().returnType() == int.class
                ? MethodHandles.catchException(answer, CudaError.class, Answers.CODE)
                : answer;
    }

    private static MethodHandle refusal(String function, MethodType type) {
        Refusal refusal = new Refusal(function);
        MethodHandle refuse = Answers.bind(refusal, "refuse", MethodType.methodType(int.class));
        return MethodHandles.dropArguments(refuse, 0, type.parameterList()).asType(type);
    }

    private static MethodHandle remembering(MethodHandle target, RuntimeState runtime) {
        MethodHandle remember = Answers.bind(runtime, "answer", MethodType.methodType(int.class, int.class));
        return MethodHandles.filterReturnValue(target, remember);
    }

    /** Answers a function that has no translation. */
    private record Refusal(String function) {
        @SuppressWarnings("unused") // by its handle
        int refuse() {
            Notices.sayOnce(function + " is not supported and was answered with "
                    + (function.startsWith("cuda") ? "cudaErrorNotSupported" : "CUDA_ERROR_NOT_SUPPORTED"));
            return CudaResult.NOT_SUPPORTED;
        }
    }

    /** Handles that make answers. */
    private static final class Answers {
        static final MethodHandle CODE;

        static {
            try {
                CODE = LOOKUP.findVirtual(CudaError.class, "code", MethodType.methodType(int.class));
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        static MethodHandle bind(Object target, String name, MethodType type) {
            try {
                return LOOKUP.bind(target, name, type);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(target.getClass() + " has no " + name + type, e);
            }
        }
    }
}
