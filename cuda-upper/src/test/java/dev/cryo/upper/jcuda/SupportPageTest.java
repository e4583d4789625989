package dev.cryo.upper.jcuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jcuda.driver.CUdevice;
import jcuda.runtime.cudaError;
import org.junit.jupiter.api.Test;

/**
 * Compares docs/support.md with the bindings: every public function of JCuda's two classes stands there, with what
 * becomes of it.
 */
class SupportPageTest {
    private static final Path PAGE = Path.of("..", "docs", "support.md");
    private static final String SUFFIX = "Native";
    private static final Set<String> SETTINGS = Set.of("setLogLevel", "setExceptionsEnabled", "initialize", "align");

    private final Cuda cuda = Rig.raw(new FakeDevice());

    @Test
    void saysWhatBecomesOfEveryFunction() throws IOException {
        Set<String> driver = Translator.driver(cuda).functions();
        Set<String> runtime = Translator.runtime(cuda).functions();
        String expected = section("Driver API", rows(CUdevice.class, "JCudaDriver", driver))
                + section("Runtime API", rows(cudaError.class, "JCuda", runtime));
        String page = Files.readString(PAGE);
        int begin = page.indexOf("## Driver API");
        String found = begin < 0 ? "" : page.substring(begin);
        if (Boolean.getBoolean("support.write")) {
            Files.writeString(PAGE, (begin < 0 ? page : page.substring(0, begin)) + expected);
            return;
        }
        assertThat(found)
                .as("docs/support.md; run this test with -Dsupport.write=true to write it anew")
                .isEqualTo(expected);
    }

    @Test
    void everyTranslationIsOfANativeMethod() throws IOException {
        assertThat(natives(CUdevice.class, "JCudaDriver"))
                .containsAll(Translator.driver(cuda).functions());
        assertThat(natives(cudaError.class, "JCuda"))
                .containsAll(Translator.runtime(cuda).functions());
    }

    private static String section(String title, Map<String, String> rows) {
        long translated = rows.values().stream().filter("translated"::equals).count();
        return "## " + title + "\n\n" + translated + " of " + rows.size() + " functions are translated.\n\n"
                + "| FUNCTION | WHAT BECOMES OF IT |\n|---|---|\n"
                + rows.entrySet().stream()
                        .map(row -> "| " + row.getKey() + " | " + row.getValue() + " |\n")
                        .collect(Collectors.joining())
                + "\n";
    }

    private static ClassModel parse(Class<?> neighbour, String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(neighbour.getResourceAsStream(name + ".class"))) {
            return ClassFile.of().parse(in.readAllBytes());
        }
    }

    private static Set<String> natives(Class<?> neighbour, String name) throws IOException {
        return parse(neighbour, name).methods().stream()
                .filter(method -> method.flags().has(AccessFlag.NATIVE))
                .map(method -> function(method.methodName().stringValue()))
                .collect(Collectors.toSet());
    }

    private static String function(String name) {
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    private static Map<String, String> rows(Class<?> neighbour, String name, Set<String> translated)
            throws IOException {
        Map<String, Set<String>> calls = new HashMap<>();
        Set<String> natives = new HashSet<>();
        Set<String> functions = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (MethodModel method : parse(neighbour, name).methods()) {
            String own = method.methodName().stringValue();
            if (method.flags().has(AccessFlag.NATIVE)) {
                natives.add(own);
            } else {
                calls.computeIfAbsent(own, key -> new HashSet<>()).addAll(callees(method, name));
            }
            boolean isFunction = method.flags().has(AccessFlag.PUBLIC) && method.flags().has(AccessFlag.STATIC);
            if (isFunction && !method.flags().has(AccessFlag.NATIVE)) {
                functions.add(own);
            }
        }
        Map<String, String> rows = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String function : functions) {
            rows.put(function, fate(function, reached(function, calls, natives), translated));
        }
        return rows;
    }

    private static List<String> callees(MethodModel method, String binding) {
        return method.code().stream()
                .flatMap(code -> code.elementStream())
                .filter(InvokeInstruction.class::isInstance)
                .map(InvokeInstruction.class::cast)
                .filter(call -> call.opcode() == Opcode.INVOKESTATIC
                        && call.owner().asInternalName().endsWith("/" + binding))
                .map(call -> call.name().stringValue())
                .toList();
    }

    /** The native methods that a function calls, itself or by others. */
    private static Set<String> reached(String function, Map<String, Set<String>> calls, Set<String> natives) {
        Set<String> reached = new HashSet<>();
        Set<String> seen = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(function));
        while (!open.isEmpty()) {
            String next = open.pop();
            if (natives.contains(next)) {
                reached.add(function(next));
            }
            if (seen.add(next)) {
                open.addAll(calls.getOrDefault(next, Set.of()));
            }
        }
        return reached;
    }

    private static String fate(String function, Set<String> natives, Set<String> translated) {
        if (SETTINGS.contains(function)) {
            return "translated";
        }
        if (natives.isEmpty()) {
            return "refused by JCuda itself: UnsupportedOperationException";
        }
        return translated.containsAll(natives) ? "translated" : "refused: not supported";
    }
}
