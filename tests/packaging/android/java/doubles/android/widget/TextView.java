// A double of Android's class.
package android.widget;

import android.content.Context;
import android.view.View;

public class TextView extends View {
    private final StringBuilder text = new StringBuilder();

    public TextView(Context context) {
        super(context);
    }

    public final void setText(CharSequence text) {
        touch();
        this.text.setLength(0);
        this.text.append(text);
    }

    public CharSequence getText() {
        return text.toString();
    }

    public final void append(CharSequence text) {
        touch();
        this.text.append(text);
    }

    public final void setHint(CharSequence hint) {}
}
