# attoscope_fonts: the fonts that the window carries, cut down to the characters it can show and compiled in, with
# fonts_data.h: their bytes and the list of these characters.
find_program(HB_SUBSET hb-subset)
window_needs(HB_SUBSET libharfbuzz-bin)

set(font_names)
set(font_dirs /usr/share/fonts /usr/local/share/fonts /Library/Fonts ~/Library/Fonts ~/.local/share/fonts)
set(font_folders opentype/inter inter truetype/inter truetype/jetbrains-mono jetbrains-mono truetype/dejavu dejavu
  TTF opentype/noto noto-cjk noto google-noto-sans-cjk-fonts OTF)
# window_font(NAME PACKAGE FACE FILE...): the first of the files found is embedded as draw::data::NAME.
function(window_font name package face)
  string(TOUPPER ATTOSCOPE_${name}_FONT variable)
  find_file(${variable} NAMES ${ARGN} PATHS ${font_dirs} PATH_SUFFIXES ${font_folders})
  window_needs(${variable} ${package})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/fonts/${name}.font)
  add_custom_command(OUTPUT ${output}
    COMMAND ${HB_SUBSET} ${${variable}} --face-index=${face} --unicodes-file=${font_characters} --layout-features=
      --notdef-outline --output-file=${output}
    DEPENDS ${font_characters} ${${variable}} VERBATIM COMMENT "Cutting down the font ${name}")
  set(font_names ${font_names} ${name} PARENT_SCOPE)
endfunction()

set(font_script ${CMAKE_CURRENT_SOURCE_DIR}/fonts_embed.cmake)
set(font_characters ${CMAKE_CURRENT_BINARY_DIR}/fonts/characters.txt)
file(GLOB_RECURSE font_texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/assets/strings/*.toml
  ${PROJECT_SOURCE_DIR}/assets/presets/*.toml ${PROJECT_SOURCE_DIR}/assets/machines/*.toml
  ${PROJECT_SOURCE_DIR}/lessons/*.toml ${PROJECT_SOURCE_DIR}/lessons/*.md
  ${PROJECT_SOURCE_DIR}/lessons/workshop/verdict_words.cpp)
add_custom_command(OUTPUT ${font_characters}
  COMMAND ${CMAKE_COMMAND} "-DTEXTS=${font_texts}" -DOUTPUT=${font_characters} -P ${font_script}
  DEPENDS ${font_texts} ${font_script} VERBATIM COMMENT "Collecting the characters the window shows")

window_font(regular fonts-inter 0 Inter-Regular.otf Inter-Regular.ttf)
window_font(semibold fonts-inter 0 Inter-SemiBold.otf Inter-SemiBold.ttf)
window_font(italic fonts-inter 0 Inter-Italic.otf Inter-Italic.ttf)
window_font(mono fonts-jetbrains-mono 0 JetBrainsMono-Regular.ttf JetBrainsMono-Regular.otf)
window_font(symbols fonts-dejavu-core 0 DejaVuSans.ttf)
window_font(cjk fonts-noto-cjk 2 NotoSansCJK-Regular.ttc)
window_font(cjk_bold fonts-noto-cjk 2 NotoSansCJK-Bold.ttc)
window_needs_all()

set(font_sources fonts_data.h fonts_data.cpp)
list(TRANSFORM font_sources PREPEND ${CMAKE_CURRENT_BINARY_DIR}/fonts/)
set(font_files ${font_names})
list(TRANSFORM font_files PREPEND ${CMAKE_CURRENT_BINARY_DIR}/fonts/)
list(TRANSFORM font_files APPEND .font)
add_custom_command(OUTPUT ${font_sources}
  COMMAND ${CMAKE_COMMAND} "-DFONTS=${font_files}" -DCHARACTERS=${font_characters}
    -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/fonts/fonts_data -P ${font_script}
  DEPENDS ${font_files} ${font_characters} ${font_script} VERBATIM COMMENT "Embedding the fonts")
add_library(attoscope_fonts STATIC ${font_sources})
target_include_directories(attoscope_fonts PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/fonts)
target_link_libraries(attoscope_fonts PRIVATE attoscope_options)
