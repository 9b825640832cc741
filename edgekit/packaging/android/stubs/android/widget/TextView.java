// Signatures of Android, to compile against; never shipped.
package android.widget;

import android.content.Context;
import android.view.View;

public class TextView extends View {
    public TextView(Context context) {
        super(context);
    }

    public final void setText(CharSequence text) {}

    public CharSequence getText() {
        throw new UnsupportedOperationException();
    }

    public final void append(CharSequence text) {}

    public final void setHint(CharSequence hint) {}
}
