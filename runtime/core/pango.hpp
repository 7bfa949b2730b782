// Owners of Pango's objects.
#pragma once

#include <pango/pangocairo.h>

#include <memory>

namespace castnet {

struct UnrefObject {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using TextLayout = std::unique_ptr<PangoLayout, UnrefObject>;
using LoadedFont = std::unique_ptr<PangoFont, UnrefObject>;

struct FreeFontDescription {
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
using FontDescription = std::unique_ptr<PangoFontDescription, FreeFontDescription>;

struct FreeString {
  void operator()(char* text) const { g_free(text); }
};
using GlibString = std::unique_ptr<char, FreeString>;

}  // namespace castnet
