package dev.cryo.streamlog.call;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Declares that the object that this component names, and everything created from it, ends with the call. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Destroys {
    /** The kind of object that the component, a {@code long}, names. */
    ObjectKind value();
}
