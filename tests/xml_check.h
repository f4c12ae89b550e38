// XML as far as JUnit reports need it: elements, attributes in quotes, the five entities and numeric ones.
#pragma once

#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace xml_check {

struct Element {
  std::string name, text;
  std::map<std::string, std::string> attributes;
  std::vector<Element> children;
};

/// Throws std::runtime_error for what is not well-formed.
class Parser {
 public:
  explicit Parser(std::string text) : text_(std::move(text)) {}

  Element document() {
    const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    require(text_.compare(0, head.size(), head) == 0, "no declaration");
    at_ = head.size();
    skip_blanks();
    Element root = element();
    skip_blanks();
    require(at_ == text_.size(), "something after the root");
    return root;
  }

 private:
  void require(bool fine, const std::string& what) const {
    if (!fine) {
      throw std::runtime_error(what + " at " + text_.substr(at_, 60));
    }
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(const std::string& what) {
    const bool there = text_.compare(at_, what.size(), what) == 0;
    at_ += there ? what.size() : 0;
    return there;
  }
  void skip_blanks() {
    while (std::isspace(static_cast<unsigned char>(peek())) != 0) {
      ++at_;
    }
  }
  std::string name() {
    const std::size_t begin = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_' || peek() == '-') {
      ++at_;
    }
    require(at_ > begin, "a name was expected");
    return text_.substr(begin, at_ - begin);
  }
  std::string until(char end) {
    std::string out;
    while (peek() != end) {
      const auto c = static_cast<unsigned char>(peek());
      require(at_ < text_.size() && c != '<' && (c >= 0x20 || c == '\n' || c == '\t'), "a character that may not be");
      if (c != '&') {
        out += text_[at_++];
        continue;
      }
      const std::size_t semicolon = text_.find(';', at_);
      require(semicolon != std::string::npos, "an entity without end");
      const std::string entity = text_.substr(at_ + 1, semicolon - at_ - 1);
      static const std::map<std::string, char> kKnown = {{"amp", '&'},   {"lt", '<'},   {"gt", '>'}, {"quot", '"'},
                                                         {"apos", '\''}, {"#10", '\n'}, {"#9", '\t'}};
      require(kKnown.count(entity) == 1, "an unknown entity");
      out += kKnown.at(entity);
      at_ = semicolon + 1;
    }
    return out;
  }

  Element element() {
    require(take("<"), "'<' was expected");
    Element out;
    out.name = name();
    for (skip_blanks(); peek() != '>' && peek() != '/'; skip_blanks()) {
      const std::string key = name();
      require(take("=\""), "'=' and a quote were expected");
      require(out.attributes.emplace(key, until('"')).second, "an attribute twice");
      ++at_;
    }
    if (take("/>")) {
      return out;
    }
    require(take(">"), "'>' was expected");
    for (out.text += until('<'); text_.compare(at_, 2, "</") != 0; out.text += until('<')) {
      out.children.push_back(element());
    }
    at_ += 2;
    require(name() == out.name && take(">"), "another element ends");
    return out;
  }

  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace xml_check
