/**
 * {@link dev.cryo.proxy.store.Bucket} over the AWS SDK, for S3 and what speaks its protocol.
 *
 * <p>This module is in a class loader of its own, in a folder of its own ({@code lib/s3}): nothing of it is loaded, nor
 * even looked at, by a command that uses no store. Credentials come from the environment or from AWS's own files, and
 * go nowhere but into the SDK.
 */
@NullMarked
package dev.cryo.s3;

import org.jspecify.annotations.NullMarked;
