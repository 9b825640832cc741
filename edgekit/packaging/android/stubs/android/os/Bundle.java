// Signatures of Android, to compile against; never shipped.
package android.os;

public final class Bundle {}
