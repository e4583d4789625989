package dev.cryo.proxy.doctor;

import dev.cryo.proxy.driver.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** OpenGL 4.5 without a screen: an EGL context of Mesa's surfaceless platform, or of the default display. */
final class OpenGlProbe implements Probe {
    private static final String NAME = "OpenGL";
    private static final String REMEDY = "apt-get install libgl1 libegl1 libegl-mesa0 libgl1-mesa-dri";
    private static final int EGL_PLATFORM_SURFACELESS_MESA = 0x31DD;
    private static final int EGL_OPENGL_API = 0x30A2;
    private static final int EGL_RENDERABLE_TYPE = 0x3040;
    private static final int EGL_SURFACE_TYPE = 0x3033;
    private static final int EGL_PBUFFER_BIT = 1;
    private static final int EGL_OPENGL_BIT = 8;
    private static final int EGL_NONE = 0x3038;
    private static final int EGL_CONTEXT_MAJOR_VERSION = 0x3098;
    private static final int EGL_CONTEXT_MINOR_VERSION = 0x30FB;
    private static final int GL_RENDERER = 0x1F01;
    private static final int GL_VERSION = 0x1F02;

    private final String library;

    OpenGlProbe() {
        this("libEGL.so.1");
    }

    OpenGlProbe(String library) {
        this.library = library;
    }

    @Override
    public Finding examine() {
        Optional<NativeLibrary> loaded = NativeLibrary.load(library);
        if (loaded.isEmpty()) {
            return Finding.fails(NAME, "no EGL (" + library + " is not there)", REMEDY);
        }
        NativeLibrary egl = loaded.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment display = display(egl);
            if (display.address() == 0) {
                return Finding.fails(NAME, "EGL gives no display " + error(egl), REMEDY);
            }
            try {
                return examine(egl, arena, display);
            } finally {
                egl.integer("eglTerminate", display);
            }
        }
    }

    private static Finding examine(NativeLibrary egl, Arena arena, MemorySegment display) {
        MemorySegment config = arena.allocate(ValueLayout.ADDRESS);
        MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
        MemorySegment wanted = arena.allocateFrom(ValueLayout.JAVA_INT, EGL_SURFACE_TYPE, EGL_PBUFFER_BIT,
                EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE);
        boolean ready = egl.integer("eglInitialize", display, MemorySegment.NULL, MemorySegment.NULL) != 0
                && egl.integer("eglBindAPI", EGL_OPENGL_API) != 0
                && egl.integer("eglChooseConfig", display, wanted, config, 1, count) != 0
                && count.get(ValueLayout.JAVA_INT, 0) == 1;
        if (!ready) {
            return Finding.fails(NAME, "EGL has no OpenGL without a screen " + error(egl), REMEDY);
        }
        MemorySegment version = arena.allocateFrom(ValueLayout.JAVA_INT, EGL_CONTEXT_MAJOR_VERSION, 4,
                EGL_CONTEXT_MINOR_VERSION, 5, EGL_NONE);
        MemorySegment context = egl.pointer("eglCreateContext", display, config.get(ValueLayout.ADDRESS, 0),
                MemorySegment.NULL, version);
        if (context.address() == 0
                || egl.integer("eglMakeCurrent", display, MemorySegment.NULL, MemorySegment.NULL, context) == 0) {
            return Finding.fails(NAME, "the driver has no OpenGL 4.5 core " + error(egl), REMEDY);
        }
        MemorySegment getString = egl.pointer("eglGetProcAddress", arena.allocateFrom("glGetString"));
        String detail = NativeLibrary.text(NativeLibrary.pointer(getString, GL_RENDERER)) + ", "
                + NativeLibrary.text(NativeLibrary.pointer(getString, GL_VERSION));
        egl.integer("eglMakeCurrent", display, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
        egl.integer("eglDestroyContext", display, context);
        return Finding.works(NAME, detail);
    }

    private static MemorySegment display(NativeLibrary egl) {
        MemorySegment surfaceless = egl.pointer("eglGetPlatformDisplay", EGL_PLATFORM_SURFACELESS_MESA,
                MemorySegment.NULL, MemorySegment.NULL);
        return surfaceless.address() != 0 ? surfaceless : egl.pointer("eglGetDisplay", MemorySegment.NULL);
    }

    private static String error(NativeLibrary egl) {
        return "(EGL error 0x" + Integer.toHexString(egl.integer("eglGetError")) + ")";
    }
}
