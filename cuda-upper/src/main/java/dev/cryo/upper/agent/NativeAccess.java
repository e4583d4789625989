package dev.cryo.upper.agent;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;

/** Lets the upper half call the C library without the JVM's warning, which would go to the application's output. */
final class NativeAccess {
    private NativeAccess() {}

    /** Does what {@code --enable-native-access=ALL-UNNAMED} does. */
    static void enable(Instrumentation instrumentation) throws IOException {
        Module own = NativeAccess.class.getModule();
        instrumentation.redefineModule(
                Object.class.getModule(), Set.of(), Map.of(), Map.of("java.lang", Set.of(own)), Set.of(), Map.of());
        try {
            Method enable = Module.class.getDeclaredMethod("implAddEnableNativeAccessToAllUnnamed");
            enable.setAccessible(true);
            enable.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IOException("this JVM does not let an agent enable native access: " + e, e);
        }
    }
}
